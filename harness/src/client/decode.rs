//! From the client library's responses to ours, losing nothing that a checker reads.

use etcd_client as client;
use stormglass_checkers::history::{
    Bytes, DeleteResponse, Empty, HashKvResponse, Header, HexId, KeyEvent, KeyEventKind, KeyValue,
    LeaseId, LeaseListResponse, LeaseTimeToLiveResponse, LeaseTtl, MemberInfo, PutResponse,
    RangeResponse, Response, Revision, StatusResponse, TxnResponse,
};

pub(super) fn header(header: Option<&client::ResponseHeader>) -> Option<Header> {
    header.map(|header| Header {
        cluster_id: HexId(header.cluster_id()),
        member_id: HexId(header.member_id()),
        revision: Revision(header.revision()),
        raft_term: header.raft_term(),
    })
}

pub(super) fn empty(sent: Option<&client::ResponseHeader>) -> Empty {
    Empty { header: header(sent) }
}

pub(super) fn key_value(kv: &client::KeyValue) -> KeyValue {
    KeyValue {
        key: Bytes::from(kv.key()),
        create_revision: Revision(kv.create_revision()),
        mod_revision: Revision(kv.mod_revision()),
        version: kv.version(),
        value: Bytes::from(kv.value()),
        lease: LeaseId(kv.lease()),
    }
}

pub(super) fn put(response: &client::PutResponse) -> PutResponse {
    PutResponse { header: header(response.header()), prev_kv: response.prev_key().map(key_value) }
}

pub(super) fn range(response: &client::GetResponse) -> RangeResponse {
    RangeResponse {
        header: header(response.header()),
        kvs: response.kvs().iter().map(key_value).collect(),
        more: response.more(),
        count: response.count(),
    }
}

pub(super) fn delete(response: &client::DeleteResponse) -> DeleteResponse {
    DeleteResponse {
        header: header(response.header()),
        deleted: response.deleted(),
        prev_kvs: response.prev_kvs().iter().map(key_value).collect(),
    }
}

pub(super) fn txn(response: &client::TxnResponse) -> TxnResponse {
    let nested = |response: client::TxnOpResponse| match response {
        client::TxnOpResponse::Put(response) => Response::Put(put(&response)),
        client::TxnOpResponse::Get(response) => Response::Range(range(&response)),
        client::TxnOpResponse::Delete(response) => Response::Delete(delete(&response)),
        client::TxnOpResponse::Txn(response) => Response::Txn(txn(&response)),
    };
    TxnResponse {
        header: header(response.header()),
        succeeded: response.succeeded(),
        responses: response.op_responses().into_iter().map(nested).collect(),
    }
}

pub(super) fn lease_grant(response: &client::LeaseGrantResponse) -> LeaseTtl {
    LeaseTtl {
        header: header(response.header()),
        lease: LeaseId(response.id()),
        ttl_seconds: response.ttl(),
    }
}

pub(super) fn lease_keep_alive(response: &client::LeaseKeepAliveResponse) -> LeaseTtl {
    LeaseTtl {
        header: header(response.header()),
        lease: LeaseId(response.id()),
        ttl_seconds: response.ttl(),
    }
}

pub(super) fn lease_time_to_live(
    response: &client::LeaseTimeToLiveResponse,
) -> LeaseTimeToLiveResponse {
    LeaseTimeToLiveResponse {
        header: header(response.header()),
        lease: LeaseId(response.id()),
        ttl_seconds: response.ttl(),
        granted_ttl_seconds: response.granted_ttl(),
        keys: response.keys().iter().map(|key| Bytes::from(key.as_slice())).collect(),
    }
}

pub(super) fn lease_list(response: &client::LeaseLeasesResponse) -> LeaseListResponse {
    LeaseListResponse {
        header: header(response.header()),
        leases: response.leases().iter().map(|lease| LeaseId(lease.id())).collect(),
    }
}

pub(super) fn status(response: &client::StatusResponse) -> StatusResponse {
    StatusResponse {
        header: header(response.header()),
        version: response.version().to_owned(),
        db_size_bytes: response.db_size(),
        db_size_in_use_bytes: response.raft_used_db_size(),
        leader: HexId(response.leader()),
        raft_index: response.raft_index(),
        raft_term: response.raft_term(),
        raft_applied_index: response.raft_applied_index(),
        learner: response.is_learner(),
        errors: response.errors().to_vec(),
    }
}

pub(super) fn hash_kv(response: &client::HashKvResponse) -> HashKvResponse {
    HashKvResponse {
        header: header(response.header()),
        hash: response.hash(),
        compact_revision: Revision(response.compact_version()),
        hash_revision: Revision(response.hash_revision()),
    }
}

pub(super) fn member(member: &client::Member) -> MemberInfo {
    MemberInfo {
        member_id: HexId(member.id()),
        name: member.name().to_owned(),
        peer_urls: member.peer_urls().to_vec(),
        client_urls: member.client_urls().to_vec(),
        learner: member.is_learner(),
    }
}

pub(super) fn key_event(event: &client::Event) -> KeyEvent {
    let kind = match event.event_type() {
        client::EventType::Put => KeyEventKind::Put,
        client::EventType::Delete => KeyEventKind::Delete,
    };
    let kv = event.kv().map(key_value).unwrap_or_default();
    KeyEvent { kind, kv, prev_kv: event.prev_kv().map(key_value) }
}
