using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansFlow.Tests.Queries.Workers;

/// <summary>Counts the queries that a silo runs on workers, by what it logs of them: a query that ran in the gateway proves nothing about workers.</summary>
internal sealed class StartedQueries : ILoggerProvider, ILogger
{
    private const int RunsOnWorkers = 5323;

    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void AddTo(IServiceCollection services) => services.AddLogging(logging =>
    {
        logging.AddProvider(this);
        logging.AddFilter<StartedQueries>("OrleansFlow.Silo.Gateway.Queries", LogLevel.Debug);
    });

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
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
