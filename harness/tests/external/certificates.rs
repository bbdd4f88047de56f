//! An authority, a server and a client, made for one test.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rcgen::{DnType, ExtendedKeyUsagePurpose};

/// Certificates and keys in PEM, in a folder.
#[derive(Clone)]
pub(crate) struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// Makes them.
    pub(crate) fn make(folder: &Path) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "an authority of a test");
        let authority = params.self_signed(&key).expect("a certificate");
        let made = Self { folder: folder.to_owned() };
        fs::write(made.path("ca.pem"), authority.pem()).expect("a file");
        let issuer = Issuer::new(params, key);
        let server = [ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        made.issue("server", &["127.0.0.1", "localhost"], &server, &issuer);
        made.issue("client", &[], &[ExtendedKeyUsagePurpose::ClientAuth], &issuer);
        made
    }

    fn issue(
        &self,
        name: &str,
        hosts: &[&str],
        usages: &[ExtendedKeyUsagePurpose],
        issuer: &Issuer<'_, KeyPair>,
    ) {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>();
        let mut params = CertificateParams::new(hosts).expect("parameters");
        // Without a common name: etcd takes one for a user's.
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, name);
        params.extended_key_usages = usages.to_vec();
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, issuer).expect("a certificate");
        fs::write(self.path(&format!("{name}.pem")), certificate.pem()).expect("a file");
        fs::write(self.path(&format!("{name}-key.pem")), key.serialize_pem()).expect("a file");
    }

    /// A file of them.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Flags of a member that asks its clients for certificates.
    pub(crate) fn of_server(&self) -> Vec<String> {
        vec![
            format!("--cert-file={}", self.shown("server.pem")),
            format!("--key-file={}", self.shown("server-key.pem")),
            format!("--trusted-ca-file={}", self.shown("ca.pem")),
            "--client-cert-auth=true".to_owned(),
        ]
    }

    /// Options of a client, Stormglass's and etcdctl's alike.
    pub(crate) fn of_client(&self) -> Vec<String> {
        let option = |name: &str, file: &str| [format!("--{name}"), self.shown(file)];
        let options = [
            option("cacert", "ca.pem"),
            option("cert", "client.pem"),
            option("key", "client-key.pem"),
        ];
        options.concat()
    }
}
