using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Workers;

/// <summary>Goal: a renewal that nearly came too late is heard of before one does. Method: the log of a cluster on a manual clock.</summary>
public sealed class LateHeartbeatTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(25, false)]
    [InlineData(35, true)]
    public async Task Renewal_LaterThanHalfOfTheLease_WarnsWithTheMeasuredDelay(int seconds, bool warns)
    {
        var log = new Recorder();
        await using var cluster = await FlowCluster.StartAsync(configure: (silo, _) => silo?.Services.AddSingleton<ILoggerProvider>(log));
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        cluster.Clock.Advance(TimeSpan.FromSeconds(seconds));

        await worker.HeartbeatAsync();

        var warnings = log.Lines.Where(line => line.Id == 2159).ToList();
        Assert.Equal(warns ? 1 : 0, warnings.Count);
        Assert.All(warnings, line => Assert.Matches($@"^Worker w renewed its leases after {seconds}(\.\d+)? s, more than half of the lease of 60 s", line.Text));
        Assert.All(warnings, line => Assert.Equal(LogLevel.Warning, line.Level));
    }

    private sealed class Recorder : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<(int Id, LogLevel Level, string Text)> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue((eventId.Id, logLevel, formatter(state, exception)));

        public void Dispose()
        {
        }
    }
}
