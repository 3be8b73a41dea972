//! The API of the component in this process, on a data directory. A server may be running on the same data.

use super::api::{Question, Reply};
use crate::application::{Application, Failure};
use crate::usage::Usage;
use anyhow::{Result, anyhow};
use http::{Request, Uri};
use std::sync::Arc;

/// The name that the component is asked by where it has no other.
const NOBODY: &str = "localhost";

/// The component in this process, asked with the administrator's token that it was given.
pub struct Here {
    application: Arc<Application>,
    token: String,
    public: Option<Uri>,
}

impl Here {
    /// `token` is the administrator's token that the application knows. `public` is the address under which clients know the server; an
    /// application that is to believe it has the setting `trust_forwarded`.
    pub fn new(application: Arc<Application>, token: String, public: Option<Uri>) -> Self {
        Self { application, token, public }
    }

    /// Asks the component.
    ///
    /// # Errors
    /// Where it fails to answer.
    pub async fn ask(&self, question: Question) -> Result<Reply> {
        let mut request = Request::builder()
            .method(question.method)
            .uri(question.path)
            .header("host", NOBODY)
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept", question.accept)
            .header("content-type", "application/json")
            .header("content-length", question.body.len());
        if let Some(public) = &self.public {
            request = request
                .header("x-forwarded-proto", public.scheme_str().unwrap_or("https"))
                .header("x-forwarded-host", public.authority().map_or(NOBODY, http::uri::Authority::as_str));
        }
        let request = request.body(question.body)?;
        let response = self.application.handle(request, &Arc::new(Usage::default())).await.map_err(said)?;
        let (head, body) = response.into_parts();
        Ok(Reply { status: head.status, body })
    }
}

fn said(failure: Failure) -> anyhow::Error {
    match failure {
        Failure::Broken(error) => error,
        Failure::Busy | Failure::TooSlow => anyhow!("the component took too long"),
    }
}
