using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansFlow.Tests.Worker.Scripting;

/// <summary>Keeps what was logged.</summary>
internal sealed class LogCollector : ILoggerFactory, ILogger
{
    /// <summary>Event names and texts, in order.</summary>
    public ConcurrentQueue<(string? Name, LogLevel Level, string Text)> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue((eventId.Name, logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
