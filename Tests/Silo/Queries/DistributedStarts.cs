using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Counts the queries that a silo runs on workers, and keeps what it changed of them, by what it logs of them.</summary>
internal sealed class DistributedStarts : ILoggerProvider, ILogger
{
    private const int RunsOnWorkers = 5323;
    private const int IsChanged = 5324;
    private const int StageMade = 5325;

    private int _count;

    /// <summary>What was changed of plans that ran, as it is logged when they end.</summary>
    public ConcurrentQueue<string> Changes { get; } = [];

    /// <summary>Rows of each stage that ended, as it is logged when its query ends.</summary>
    public ConcurrentQueue<long> StageRows { get; } = [];

    public int Count => Volatile.Read(ref _count);

    public void AddTo(IServiceCollection services) => services.AddLogging(logging =>
    {
        logging.AddProvider(this);
        logging.AddFilter<DistributedStarts>("OrleansFlow.Silo.Gateway.Queries", LogLevel.Debug);
    });

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == IsChanged)
        {
            Changes.Enqueue(formatter(state, exception));
        }

        if (eventId.Id == StageMade && state is IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            StageRows.Enqueue((long)values.First(value => value.Key == "Rows").Value!);
        }

        if (eventId.Id == RunsOnWorkers)
        {
            Interlocked.Increment(ref _count);
        }
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
