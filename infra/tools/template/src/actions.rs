//! The sets of actions of DynamoDB that ports need.

pub(crate) const BATCH_GET: &[&str] = &["dynamodb:BatchGetItem"];
pub(crate) const CHECK: &[&str] = &["dynamodb:ConditionCheckItem"];
pub(crate) const DELETE: &[&str] = &["dynamodb:DeleteItem"];
pub(crate) const GET: &[&str] = &["dynamodb:GetItem"];
pub(crate) const SCAN_DELETE: &[&str] = &["dynamodb:Scan", "dynamodb:DeleteItem"];
pub(crate) const BATCH_GET_CHECK_QUERY: &[&str] =
    &["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:Query"];
pub(crate) const PUT: &[&str] = &["dynamodb:PutItem"];
pub(crate) const QUERY: &[&str] = &["dynamodb:Query"];
pub(crate) const UPDATE: &[&str] = &["dynamodb:UpdateItem"];
pub(crate) const GET_PUT_UPDATE: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];
pub(crate) const BATCH_GET_UPDATE: &[&str] = &["dynamodb:BatchGetItem", "dynamodb:UpdateItem"];
pub(crate) const BATCH_GET_CHECK: &[&str] = &["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem"];
pub(crate) const GET_UPDATE: &[&str] = &["dynamodb:GetItem", "dynamodb:UpdateItem"];
pub(crate) const GET_DELETE: &[&str] = &["dynamodb:GetItem", "dynamodb:DeleteItem"];
pub(crate) const CHECK_UPDATE: &[&str] = &["dynamodb:ConditionCheckItem", "dynamodb:UpdateItem"];
pub(crate) const CHECK_PUT: &[&str] = &["dynamodb:ConditionCheckItem", "dynamodb:PutItem"];
pub(crate) const PUT_DELETE: &[&str] = &["dynamodb:PutItem", "dynamodb:DeleteItem"];
pub(crate) const PUT_UPDATE: &[&str] = &["dynamodb:PutItem", "dynamodb:UpdateItem"];
pub(crate) const PUT_UPDATE_DELETE: &[&str] =
    &["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];
pub(crate) const GET_CHECK_UPDATE: &[&str] =
    &["dynamodb:GetItem", "dynamodb:ConditionCheckItem", "dynamodb:UpdateItem"];
pub(crate) const GET_BATCH_GET_PUT_UPDATE_DELETE: &[&str] = &[
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
];
pub(crate) const GET_BATCH_GET_CHECK_PUT_UPDATE: &[&str] = &[
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
];
pub(crate) const GET_PUT_DELETE: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"];
pub(crate) const GET_PUT_UPDATE_DELETE: &[&str] =
    &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];
