using OrleansFlow.Benchmarks.Macro;

return await BenchmarkCommandLine.RunAsync(args);
