using OrleansFlow.Tests.Storage.Kill;

if (args is [StoreWriter.Mode, var database])
{
    return await StoreWriter.RunAsync(database);
}

return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
