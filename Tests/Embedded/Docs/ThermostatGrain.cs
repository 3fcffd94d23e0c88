using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Streams;
using Orleans.Utilities;

namespace OrleansFlow.Tests.Embedded.Docs;

public interface IThermostatGrain : IGrainWithStringKey
{
    Task SetTargetAsync(double celsius);

    [ReadOnly]
    ValueTask<double> GetTargetAsync();

    [OneWay]
    Task ReportAsync(Reading reading);

    Task WatchAsync(IThermostatWatcher watcher);

    Task UnwatchAsync(IThermostatWatcher watcher);

    IAsyncEnumerable<Reading> HistoryAsync(CancellationToken cancellationToken = default);

    [AlwaysInterleave]
    Task<bool> WaitForHeatAsync(CancellationToken cancellationToken);
}

[GenerateSerializer, Immutable, Alias("docs.Reading")]
public sealed record Reading([property: Id(0)] double Celsius, [property: Id(1)] DateTimeOffset AtUtc);

public interface IThermostatWatcher : IGrainObserver
{
    Task TargetChangedAsync(string room, double celsius);
}

[GenerateSerializer, Alias("docs.ThermostatState")]
public sealed class ThermostatState
{
    [Id(0)]
    public double Target { get; set; } = 20;

    [Id(1)]
    public DateTime? ServiceDueAtUtc { get; set; }
}

public sealed class ThermostatGrain(
    [PersistentState("thermostat")] IPersistentState<ThermostatState> state, ILogger<ThermostatGrain> logger, TimeProvider clock)
    : Grain, IThermostatGrain, IRemindable
{
    private readonly List<Reading> _history = [];
    private readonly ObserverManager<IThermostatWatcher> _watchers = new(TimeSpan.FromMinutes(5), logger);
    private readonly TaskCompletionSource _heat = new();
    private IGrainTimer? _timer;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _timer = this.RegisterGrainTimer(
            CheckAsync, new GrainTimerCreationOptions { DueTime = TimeSpan.FromSeconds(10), Period = TimeSpan.FromSeconds(10) });
        await this.RegisterOrUpdateReminder("service", TimeSpan.FromDays(30), TimeSpan.FromDays(30));
    }

    public async Task SetTargetAsync(double celsius)
    {
        state.State.Target = celsius;
        await state.WriteStateAsync();
        await _watchers.Notify(watcher => watcher.TargetChangedAsync(this.GetPrimaryKeyString(), celsius));
    }

    public ValueTask<double> GetTargetAsync() => new(state.State.Target);

    public Task ReportAsync(Reading reading)
    {
        _history.Add(reading);
        if (reading.Celsius > state.State.Target)
        {
            _heat.TrySetResult();
        }

        return this.GetStreamProvider("rooms").GetStream<Reading>("room-readings", this.GetPrimaryKeyString()).OnNextAsync(reading);
    }

    public Task WatchAsync(IThermostatWatcher watcher)
    {
        _watchers.Subscribe(watcher, watcher);
        return Task.CompletedTask;
    }

    public Task UnwatchAsync(IThermostatWatcher watcher)
    {
        _watchers.Unsubscribe(watcher);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<Reading> HistoryAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var reading in _history.ToArray())
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return reading;
        }
    }

    public async Task<bool> WaitForHeatAsync(CancellationToken cancellationToken)
    {
        await _heat.Task.WaitAsync(cancellationToken);
        return true;
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        state.State.ServiceDueAtUtc = status.CurrentTickTime;
        return state.WriteStateAsync();
    }

    private Task CheckAsync(CancellationToken cancellationToken)
    {
        if (_history.Count > 0 && clock.GetUtcNow() - _history[^1].AtUtc > TimeSpan.FromHours(1))
        {
            _timer?.Dispose();
            DeactivateOnIdle();
        }

        return Task.CompletedTask;
    }
}

public interface IAlarmGrain : IGrainWithStringKey
{
    Task<int> CountAsync();
}

[ImplicitStreamSubscription("room-readings")]
public sealed class AlarmGrain : Grain, IAlarmGrain
{
    private int _alarms;

    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        this.GetStreamProvider("rooms").GetStream<Reading>("room-readings", this.GetPrimaryKeyString()).SubscribeAsync(OnReadingAsync);

    public Task<int> CountAsync() => Task.FromResult(_alarms);

    private Task OnReadingAsync(Reading reading, StreamSequenceToken token)
    {
        _alarms += reading.Celsius > 35 ? 1 : 0;
        return Task.CompletedTask;
    }
}

public interface IAverageGrain : IGrainWithStringKey
{
    Task FollowAsync(string room);

    Task<double> GetAsync();
}

public sealed class AverageGrain : Grain, IAverageGrain
{
    private readonly List<double> _values = [];

    public async Task FollowAsync(string room)
    {
        var stream = this.GetStreamProvider("rooms").GetStream<Reading>("room-readings", room);
        var handles = await stream.GetAllSubscriptionHandles();
        if (handles.Count == 0)
        {
            await stream.SubscribeAsync(OnReadingsAsync);
            return;
        }

        foreach (var handle in handles)
        {
            await handle.ResumeAsync((reading, _) => OnReadingsAsync([new SequentialItem<Reading>(reading, null!)]));
        }
    }

    public Task<double> GetAsync() => Task.FromResult(_values.Count == 0 ? double.NaN : _values.Average());

    private Task OnReadingsAsync(IList<SequentialItem<Reading>> readings)
    {
        _values.AddRange(readings.Select(reading => reading.Item.Celsius));
        return Task.CompletedTask;
    }
}

public sealed class AuditFilter(AuditTrail trail) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        finally
        {
            trail.Add($"{RequestContext.Get("user")} called {context.MethodName} of {context.TargetId}");
        }
    }
}

public sealed class AuditTrail
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public void Add(string line) => _lines.Enqueue(line);
}
