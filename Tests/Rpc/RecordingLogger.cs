using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansFlow.Tests.Rpc;

/// <summary>Keeps warnings and errors.</summary>
internal sealed class RecordingLogger : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _entries = new();

    public IReadOnlyCollection<string> Entries => _entries;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _entries.Enqueue($"{eventId.Id} {formatter(state, exception)} {exception?.Message}");
        }
    }

    public void Dispose()
    {
    }
}
