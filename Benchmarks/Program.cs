using OrleansFlow.Benchmarks.Macro;
using OrleansFlow.Benchmarks.Macro.Scenarios;

// First, so that nothing but the start itself is in what it measures.
if (args is [SiloStart.Argument, var kind])
{
    await SiloStart.RunChildAsync(kind);
    return 0;
}

return await BenchmarkCommandLine.RunAsync(args);
