//! A function as Lambda starts it: a process with Lambda's variables, and nothing of the developer's shell.

use std::error::Error;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use crate::peak::peak_resident_bytes;
use crate::runtime_api::{Answer, RuntimeApi};

/// A running function. It is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Function {
    process: Child,
    api: RuntimeApi,
    /// From the start of the process until it asked for its first invocation.
    pub(crate) started_in: Duration,
}

impl Function {
    /// Starts this binary with these variables beside Lambda's own.
    pub(crate) async fn start(binary: &Path, variables: &[(&str, &str)]) -> Result<Self, Box<dyn Error>> {
        let mut api = RuntimeApi::start().await?;
        let mut command = Command::new(binary);
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .env("AWS_REGION", "eu-west-1")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        let spawned = Instant::now();
        let process = command.spawn()?;
        let started_in = api.asked().await?.saturating_duration_since(spawned);
        Ok(Self { process, api, started_in })
    }

    /// Invokes it, and waits until it is ready for the next invocation.
    pub(crate) async fn invoke(&mut self, payload: &'static str) -> Result<Answer, Box<dyn Error>> {
        let answer = self.api.invoke(payload).await?;
        self.api.asked().await?;
        Ok(answer)
    }

    /// The most memory that it has had so far.
    pub(crate) fn peak_resident_bytes(&self) -> Option<u64> {
        peak_resident_bytes(&self.process.id()?.to_string())
    }

    /// Ends it, so that nothing of it runs beside the next.
    pub(crate) async fn stop(mut self) -> Result<(), Box<dyn Error>> {
        Ok(self.process.kill().await?)
    }
}
