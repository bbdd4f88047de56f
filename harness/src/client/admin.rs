//! Calls of the services Cluster, Maintenance, Lock and Election.

use etcd_client::{
    AlarmAction, AlarmType, Client, Error, LeaderKey as ClientLeaderKey, LockOptions,
    MemberAddOptions, ProclaimOptions, ResignOptions,
};
use stormglass_checkers::history::{
    Alarm, AlarmMember, AlarmResponse, Bytes, ElectionLeaderResponse, HexId, LeaderKey,
    LeaderResponse, LeaseId, LockResponse, MembersResponse, Request, Response, Revision,
    SnapshotResponse,
};

use super::decode::{self, empty, header};
use super::encode::vec;

pub(super) async fn call(client: &mut Client, request: &Request) -> Result<Response, Error> {
    match request {
        Request::Defragment {} => {
            Ok(Response::Defragment(empty(client.defragment().await?.header())))
        }
        Request::Snapshot {} => snapshot(client).await,
        Request::Alarm(request) => alarm(client, request).await,
        Request::HashKv(request) => {
            let answer = client.hash_kv(request.revision.0).await?;
            Ok(Response::HashKv(decode::hash_kv(&answer)))
        }
        Request::Status {} => Ok(Response::Status(decode::status(&client.status().await?))),
        Request::MoveLeader(member) => {
            let answer = client.move_leader(member.member_id.0).await?;
            Ok(Response::MoveLeader(empty(answer.header())))
        }
        Request::MemberAdd(_)
        | Request::MemberRemove(_)
        | Request::MemberPromote(_)
        | Request::MemberUpdate(_)
        | Request::MemberList { .. } => members(client, request).await,
        _ => lock_or_election(client, request).await,
    }
}

async fn snapshot(client: &mut Client) -> Result<Response, Error> {
    let mut stream = client.snapshot().await?;
    let mut response = SnapshotResponse::default();
    while let Some(part) = stream.message().await? {
        if response.header.is_none() {
            response.header = header(part.header());
        }
        response.bytes += part.blob().len() as u64;
    }
    Ok(Response::Snapshot(response))
}

async fn alarm(client: &mut Client, request: &Alarm) -> Result<Response, Error> {
    let (action, kind) = if request.disarm {
        (AlarmAction::Deactivate, AlarmType::Nospace)
    } else {
        (AlarmAction::Get, AlarmType::None)
    };
    let answer = client.alarm(action, kind, None).await?;
    let member = |alarm: &etcd_client::AlarmMember| AlarmMember {
        member_id: HexId(alarm.member_id()),
        alarm: format!("{:?}", alarm.alarm()).to_lowercase(),
    };
    Ok(Response::Alarm(AlarmResponse {
        header: header(answer.header()),
        alarms: answer.alarms().iter().map(member).collect(),
    }))
}

async fn members(client: &mut Client, request: &Request) -> Result<Response, Error> {
    let (sent, list) = match request {
        Request::MemberAdd(add) => {
            let mut options = MemberAddOptions::new();
            if add.learner {
                options = options.with_is_learner();
            }
            let answer = client.member_add(add.peer_urls.as_slice(), Some(options)).await?;
            (header(answer.header()), collect(answer.member_list()))
        }
        Request::MemberRemove(member) => {
            let answer = client.member_remove(member.member_id.0).await?;
            (header(answer.header()), collect(answer.members()))
        }
        Request::MemberPromote(member) => {
            let answer = client.member_promote(member.member_id.0).await?;
            (header(answer.header()), collect(answer.members()))
        }
        Request::MemberUpdate(update) => {
            let urls = update.peer_urls.clone();
            let answer = client.member_update(update.member_id.0, urls).await?;
            (header(answer.header()), collect(answer.members()))
        }
        _ => {
            let answer = client.member_list().await?;
            (header(answer.header()), collect(answer.members()))
        }
    };
    Ok(Response::Members(MembersResponse { header: sent, members: list }))
}

fn collect(members: &[etcd_client::Member]) -> Vec<stormglass_checkers::history::MemberInfo> {
    members.iter().map(decode::member).collect()
}

async fn lock_or_election(client: &mut Client, request: &Request) -> Result<Response, Error> {
    Ok(match request {
        Request::Lock(lock) => {
            let options = LockOptions::new().with_lease(lock.lease.0);
            let answer = client.lock(vec(&lock.name), Some(options)).await?;
            let key = Bytes::from(answer.key());
            Response::Lock(LockResponse { header: header(answer.header()), key })
        }
        Request::Unlock(unlock) => {
            Response::Unlock(empty(client.unlock(vec(&unlock.key)).await?.header()))
        }
        Request::Campaign(campaign) => {
            let (name, value) = (vec(&campaign.name), vec(&campaign.value));
            let answer = client.campaign(name, value, campaign.lease.0).await?;
            let leader = answer.leader().map(from_leader_key).ok_or_else(|| {
                Error::ElectError("a campaign was answered without a leader key".to_owned())
            })?;
            Response::Campaign(LeaderResponse { header: header(answer.header()), leader })
        }
        Request::Proclaim(proclaim) => {
            let options = ProclaimOptions::new().with_leader(to_leader_key(&proclaim.leader));
            let answer = client.proclaim(vec(&proclaim.value), Some(options)).await?;
            Response::Proclaim(empty(answer.header()))
        }
        Request::ElectionLeader(election) => {
            let answer = client.leader(vec(&election.name)).await?;
            let kv = answer.kv().map(decode::key_value);
            Response::ElectionLeader(ElectionLeaderResponse { header: header(answer.header()), kv })
        }
        Request::Resign(leader) => {
            let options = ResignOptions::new().with_leader(to_leader_key(leader));
            Response::Resign(empty(client.resign(Some(options)).await?.header()))
        }
        other => return Err(Error::InvalidArgs(format!("no call for {other:?}"))),
    })
}

fn to_leader_key(leader: &LeaderKey) -> ClientLeaderKey {
    ClientLeaderKey::new()
        .with_name(vec(&leader.name))
        .with_key(vec(&leader.key))
        .with_rev(leader.revision.0)
        .with_lease(leader.lease.0)
}

fn from_leader_key(leader: &ClientLeaderKey) -> LeaderKey {
    LeaderKey {
        name: Bytes::from(leader.name()),
        key: Bytes::from(leader.key()),
        revision: Revision(leader.rev()),
        lease: LeaseId(leader.lease()),
    }
}
