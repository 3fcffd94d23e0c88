using OrleansFlow.Tests.Workflows.Stores.Kill;

if (args is [KillableWorker.Mode, var kind, var place])
{
    return await KillableWorker.RunAsync(kind, place);
}

return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
