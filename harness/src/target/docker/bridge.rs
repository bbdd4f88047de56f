//! A network of the engine's, for members whose own cannot be entered from outside.

use std::fs::File;
use std::io::{self, Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use bollard::Docker;
use bollard::models::{NetworkCreateRequest, NetworkSettings, PortBinding, PortMap};
use bollard::query_parameters::{
    ContainerArchiveInfoOptionsBuilder, InspectContainerOptions, ListNetworksOptionsBuilder,
};

use super::engine::Engine;
use super::labels::Owner;
use super::life::DATA;
use crate::target::command::Addresses;
use crate::target::switched::{CLIENT_PORT, PEER_PORT};

/// A container on this machine answers in no time, if only that nobody listens.
const REACH_LIMIT: Duration = Duration::from_millis(500);
/// A file that is there for as long as it is looked for.
const SIGN: &str = ".stormglass";

/// The name of a run's network.
pub(super) fn name(owner: &Owner) -> String {
    format!("stormglass-{}", owner.run)
}

/// Makes the network of a run.
pub(super) fn make(engine: &Engine, owner: &Owner) -> io::Result<()> {
    let docker = engine.docker();
    let request = NetworkCreateRequest {
        name: name(owner),
        driver: Some("bridge".to_owned()),
        labels: Some(owner.labels("none").into_iter().collect()),
        ..NetworkCreateRequest::default()
    };
    let made = async move { docker.create_network(request).await };
    engine.wait("the engine makes no network", made).map(drop)
}

/// The port that clients use, as the engine calls it.
pub(super) fn client_port() -> String {
    format!("{CLIENT_PORT}/tcp")
}

/// It is published where only this machine reaches it, under a number that the engine chooses.
pub(super) fn published() -> PortMap {
    let binding = PortBinding {
        host_ip: Some(Ipv4Addr::LOCALHOST.to_string()),
        host_port: Some("0".to_owned()),
    };
    [(client_port(), Some(vec![binding]))].into()
}

/// Fails where the engine does not find the files of this machine.
pub(super) fn must_see(engine: &Engine, container: &str, files: &Path) -> io::Result<()> {
    let sign = files.join(SIGN);
    File::create(&sign)?;
    let (docker, id) = (engine.docker(), container.to_owned());
    let path = format!("{DATA}/{SIGN}");
    let seen = engine.wait("the container engine does not see its files", async move {
        let options = ContainerArchiveInfoOptionsBuilder::default().path(&path).build();
        docker.get_container_archive_info(&id, Some(options)).await
    });
    std::fs::remove_file(&sign)?;
    seen.map(drop)
}

/// Where a container is on the network, and how to get there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    address: IpAddr,
    /// The port of this machine that leads to the clients' one.
    published: u16,
    /// Whether the address itself is reached from here.
    is_near: bool,
}

/// Asks the engine, and the network.
pub(super) fn place(engine: &Engine, container: &str, owner: &Owner) -> io::Result<Place> {
    let (docker, id) = (engine.docker(), container.to_owned());
    let settings = engine.wait("the engine", async move {
        let found = docker.inspect_container(&id, None::<InspectContainerOptions>).await;
        found.map(|found| found.network_settings.unwrap_or_default())
    })?;
    let (address, published) = read(&settings, &name(owner)).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "the engine does not tell address and port")
    })?;
    Ok(Place { address, published, is_near: is_near(SocketAddr::new(address, CLIENT_PORT)) })
}

/// The address on a network, and the published port.
fn read(settings: &NetworkSettings, network: &str) -> Option<(IpAddr, u16)> {
    let address = settings.networks.as_ref()?.get(network)?.ip_address.as_ref()?;
    let bindings = settings.ports.as_ref()?.get(&client_port())?.as_ref()?;
    let published = bindings.first()?.host_port.as_ref()?;
    Some((address.parse().ok()?, published.parse().ok()?))
}

/// Whether a container that does not listen yet refuses us. From another machine, or one around
/// a virtual one, there is no way to its address.
fn is_near(address: SocketAddr) -> bool {
    match TcpStream::connect_timeout(&address, REACH_LIMIT) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionRefused,
    }
}

impl Place {
    /// Where the member of that number, counted from 1, listens.
    pub(super) fn addresses(&self, number: u16) -> Addresses {
        Addresses::of(number, &self.address.to_string(), CLIENT_PORT, PEER_PORT)
    }

    /// Where we reach it. An address of its own is better: a port that is published accepts
    /// connections to a member that is down.
    pub(super) fn client_url(&self) -> String {
        let Self { address, published, is_near } = self;
        if *is_near {
            format!("http://{address}:{CLIENT_PORT}")
        } else {
            format!("http://{}:{published}", Ipv4Addr::LOCALHOST)
        }
    }
}

/// The networks with a label: their names, and the labels of each.
pub(super) async fn list(
    docker: &Docker,
    label: &str,
) -> Result<Vec<bollard::models::Network>, bollard::errors::Error> {
    let filters = [("label", vec![label])].into();
    let options = ListNetworksOptionsBuilder::default().filters(&filters).build();
    docker.list_networks(Some(options)).await
}

#[cfg(test)]
mod tests {
    use bollard::models::EndpointSettings;

    use super::*;

    #[test]
    fn a_member_that_is_near_is_reached_at_its_address_and_others_by_the_published_port() {
        let binding = PortBinding { host_ip: None, host_port: Some("49153".to_owned()) };
        let there = Some("172.18.0.2".to_owned());
        let endpoint = EndpointSettings { ip_address: there, ..EndpointSettings::default() };
        let settings = NetworkSettings {
            ports: Some([(client_port(), Some(vec![binding]))].into()),
            networks: Some([("ours".to_owned(), endpoint)].into()),
            ..NetworkSettings::default()
        };
        assert_eq!(read(&settings, "another"), None);
        let (address, published) = read(&settings, "ours").expect("both are told");
        let near = Place { address, published, is_near: true };
        assert_eq!(near.client_url(), "http://172.18.0.2:2379");
        assert_eq!(near.addresses(2).peer_url, "http://172.18.0.2:2380");
        let far = Place { is_near: false, ..near };
        assert_eq!(far.client_url(), "http://127.0.0.1:49153");
        assert_eq!(far.addresses(2), near.addresses(2));
    }
}
