using Microsoft.Extensions.Logging;

namespace OrleansFlow.Worker.Attempts;

/// <summary>Puts every entry of a handler into the scope of its attempt. The scope is opened per entry, so an attempt that logs nothing pays nothing.</summary>
internal sealed class AttemptLogger(ILogger inner, IReadOnlyList<KeyValuePair<string, object?>> scope) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (inner.IsEnabled(logLevel))
        {
            using (inner.BeginScope(scope))
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
