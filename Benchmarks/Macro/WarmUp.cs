namespace OrleansFlow.Benchmarks.Macro;

/// <summary>Runs something until it gets no faster: until then the compiler rewrites its path, on one of the cores, which would be most of what is measured.</summary>
internal static class WarmUp
{
    private const int StillWindows = 3;
    private const double StillShare = 0.97;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(4);

    // Slow machines need more than a minute.
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(100);

    /// <summary>Runs until the median of three windows was no better than the best one before them, or the time is over.</summary>
    /// <param name="runAsync">One run.</param>
    /// <param name="clock">Measures it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task UntilSteadyAsync(Func<CancellationToken, Task> runAsync, TimeProvider clock, CancellationToken cancellationToken)
    {
        var best = double.MaxValue;
        var still = 0;
        for (var began = clock.GetTimestamp(); still < StillWindows && clock.GetElapsedTime(began) < Max;)
        {
            var latencies = new List<double>();
            for (var window = clock.GetTimestamp(); clock.GetElapsedTime(window) < Window;)
            {
                var runBegan = clock.GetTimestamp();
                await runAsync(cancellationToken);
                latencies.Add(clock.GetElapsedTime(runBegan).TotalMilliseconds);
            }

            latencies.Sort();
            var median = latencies[latencies.Count / 2];
            still = median < best * StillShare ? 0 : still + 1;
            best = Math.Min(best, median);
        }
    }
}
