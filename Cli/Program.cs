using OrleansFlow.Cli;

return await FlowCommandLine.RunAsync(args, CancellationToken.None);
