using OrleansFlow.Engine;

namespace OrleansFlow.Tests.Streaming.Lives;

/// <summary>The engine of all cases, with the tables of generated events that they share.</summary>
public sealed class LifeEngine : IAsyncLifetime
{
    private readonly Dictionary<int, EventTable> _events = [];
    private int _current = -1;

    internal EngineInstance Engine { get; private set; } = null!;

    internal EngineSession Session { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, TestContext.Current.CancellationToken);
        Session = Engine.OpenSession();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var events in _events.Values)
        {
            events.Dispose();
        }

        await Session.DisposeAsync();
        await Engine.DisposeAsync();
    }

    /// <summary>The table <c>e</c> of so many rows, which golden queries read from now on.</summary>
    internal async Task<EventTable> EventsAsync(int count, CancellationToken cancellationToken)
    {
        if (_current != count || !_events.ContainsKey(count))
        {
            var made = await EventTable.MakeAsync(Session, count, cancellationToken);
            _current = count;
            if (!_events.TryAdd(count, made))
            {
                made.Dispose();
            }
        }

        return _events[count];
    }
}
