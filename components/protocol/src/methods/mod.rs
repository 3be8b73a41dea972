//! The methods of HTTP and its extensions, one file each.

mod acl;
mod copy_move;
mod delete;
mod get;
mod invite_reply;
mod lock;
mod mkcol;
mod options;
mod post;
mod propfind;
mod proppatch;
mod put;
mod share;
mod unlock;

use crate::context::Context;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::reports;

pub use options::{DAV_CLASSES, options};

/// What may be done with what nobody can change.
pub const READ_ONLY: &str = "OPTIONS, GET, HEAD, PROPFIND, REPORT";

/// Answers a request by somebody who has been recognised.
///
/// # Errors
/// Whatever refusal the method comes to; 501 for a method that is not known.
pub fn answer(context: &Context) -> Result<Reply> {
    match context.request.method() {
        "GET" | "HEAD" => get::get(context),
        "PROPFIND" => propfind::propfind(context),
        "PROPPATCH" => proppatch::proppatch(context),
        "MKCOL" => mkcol::mkcol(context),
        "MKCALENDAR" => mkcol::mkcalendar(context),
        "PUT" => put::put(context),
        "POST" => post::post(context),
        "DELETE" => delete::delete(context),
        "COPY" => copy_move::copy(context),
        "MOVE" => copy_move::move_(context),
        "LOCK" => lock::lock(context),
        "UNLOCK" => unlock::unlock(context),
        "ACL" => acl::acl(context),
        "REPORT" => reports::report(context),
        _ => Err(Refusal::new(501, "This method is not known here.")),
    }
}
