//! The Lambda function.

use std::io;

use curfew::clock::Clock;
use curfew::config::Config;
use curfew::lambda::{Handler, as_text};
use lambda_runtime::tower::util::MapRequestLayer;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, Runtime, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let handler = Handler::start(Config::from_env()).await;
    let handle = async |event: LambdaEvent<String>| {
        let LambdaEvent { payload, context } = event;
        let clock = Clock::system();
        handler
            .handle(&payload, context.deadline, context.request_id, &clock, io::stdout())
            .await
            .map_err(Diagnostic::from)
    };
    Runtime::new(service_fn(handle)).layer(MapRequestLayer::new(as_text)).run().await
}
