using OrleansFlow.Tests.Storage.Kill;

if (args is [StoreWriter.Mode, var kind, var place])
{
    return await StoreWriter.RunAsync(kind, place);
}

return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
