//! From our requests to the client library's.

use etcd_client::{
    Compare as ClientCompare, CompareOp, DeleteOptions, GetOptions, PutOptions, SortOrder as Order,
    SortTarget as Target, Txn as ClientTxn, TxnOp as ClientTxnOp, WatchFilterType, WatchOptions,
};
use stormglass_checkers::history::{
    Bytes, Compare, CompareOperator, CompareTarget, Delete, Put, Range, SortOrder, SortTarget, Txn,
    TxnOp, WatchRequest,
};

/// The bytes as the client library takes them.
pub(super) fn vec(bytes: &Bytes) -> Vec<u8> {
    bytes.as_slice().to_vec()
}

pub(super) fn put_options(put: &Put) -> PutOptions {
    let mut options = PutOptions::new().with_lease(put.lease.0);
    if put.prev_kv {
        options = options.with_prev_key();
    }
    if put.ignore_value {
        options = options.with_ignore_value();
    }
    if put.ignore_lease {
        options = options.with_ignore_lease();
    }
    options
}

pub(super) fn get_options(range: &Range) -> GetOptions {
    let mut options = GetOptions::new()
        .with_limit(range.limit)
        .with_revision(range.revision.0)
        .with_min_mod_revision(range.min_mod_revision.0)
        .with_max_mod_revision(range.max_mod_revision.0)
        .with_min_create_revision(range.min_create_revision.0)
        .with_max_create_revision(range.max_create_revision.0);
    if !range.range_end.is_empty() {
        options = options.with_range(vec(&range.range_end));
    }
    if !range.sort.is_default() {
        options = options.with_sort(sort_target(range.sort.target), sort_order(range.sort.order));
    }
    if range.serializable {
        options = options.with_serializable();
    }
    if range.keys_only {
        options = options.with_keys_only();
    }
    if range.count_only {
        options = options.with_count_only();
    }
    options
}

fn sort_target(target: SortTarget) -> Target {
    match target {
        SortTarget::Key => Target::Key,
        SortTarget::Version => Target::Version,
        SortTarget::CreateRevision => Target::Create,
        SortTarget::ModRevision => Target::Mod,
        SortTarget::Value => Target::Value,
    }
}

fn sort_order(order: SortOrder) -> Order {
    match order {
        SortOrder::None => Order::None,
        SortOrder::Ascend => Order::Ascend,
        SortOrder::Descend => Order::Descend,
    }
}

pub(super) fn delete_options(delete: &Delete) -> DeleteOptions {
    let mut options = DeleteOptions::new();
    if !delete.range_end.is_empty() {
        options = options.with_range(vec(&delete.range_end));
    }
    if delete.prev_kv {
        options = options.with_prev_key();
    }
    options
}

pub(super) fn txn(txn: &Txn) -> ClientTxn {
    ClientTxn::new()
        .when(txn.compare.iter().map(compare).collect::<Vec<_>>())
        .and_then(txn.success.iter().map(txn_op).collect::<Vec<_>>())
        .or_else(txn.failure.iter().map(txn_op).collect::<Vec<_>>())
}

fn compare(guard: &Compare) -> ClientCompare {
    let key = vec(&guard.key);
    let operator = match guard.operator {
        CompareOperator::Equal => CompareOp::Equal,
        CompareOperator::NotEqual => CompareOp::NotEqual,
        CompareOperator::Greater => CompareOp::Greater,
        CompareOperator::Less => CompareOp::Less,
    };
    let compare = match &guard.target {
        CompareTarget::Version(version) => ClientCompare::version(key, operator, *version),
        CompareTarget::CreateRevision(revision) => {
            ClientCompare::create_revision(key, operator, revision.0)
        }
        CompareTarget::ModRevision(revision) => {
            ClientCompare::mod_revision(key, operator, revision.0)
        }
        CompareTarget::Value(value) => ClientCompare::value(key, operator, vec(value)),
        CompareTarget::Lease(lease) => ClientCompare::lease(key, operator, lease.0),
    };
    if guard.range_end.is_empty() { compare } else { compare.with_range(vec(&guard.range_end)) }
}

fn txn_op(operation: &TxnOp) -> ClientTxnOp {
    match operation {
        TxnOp::Put(put) => ClientTxnOp::put(vec(&put.key), vec(&put.value), Some(put_options(put))),
        TxnOp::Range(range) => ClientTxnOp::get(vec(&range.key), Some(get_options(range))),
        TxnOp::Delete(delete) => {
            ClientTxnOp::delete(vec(&delete.key), Some(delete_options(delete)))
        }
        TxnOp::Txn(nested) => ClientTxnOp::txn(txn(nested)),
    }
}

pub(super) fn watch_options(request: &WatchRequest) -> WatchOptions {
    let mut options = WatchOptions::new().with_start_revision(request.start_revision.0);
    if !request.range_end.is_empty() {
        options = options.with_range(vec(&request.range_end));
    }
    if request.prev_kv {
        options = options.with_prev_key();
    }
    if request.progress_notify {
        options = options.with_progress_notify();
    }
    if request.fragment {
        options = options.with_fragment();
    }
    let mut filters = Vec::new();
    if request.no_put {
        filters.push(WatchFilterType::NoPut);
    }
    if request.no_delete {
        filters.push(WatchFilterType::NoDelete);
    }
    options.with_filters(filters)
}
