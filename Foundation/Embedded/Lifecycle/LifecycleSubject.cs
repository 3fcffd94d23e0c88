using Microsoft.Extensions.Logging;

namespace Orleans.Embedded;

/// <summary>Drives the stages of a silo's or an activation's life.</summary>
internal sealed partial class LifecycleSubject(string owner, ILogger logger) : ILifecycleSubject, ISiloLifecycle, IGrainLifecycle
{
    private readonly Lock _gate = new();
    private readonly List<Subscription> _subscriptions = [];
    private int? _highestStarted;

    public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var subscription = new Subscription(this, observerName, stage, observer);
        lock (_gate)
        {
            if (_highestStarted is { } started && stage <= started)
            {
                throw new InvalidOperationException(
                    $"'{observerName}' subscribes to stage {stage} of the lifecycle of {owner}, which has already reached stage {started}.");
            }

            _subscriptions.Add(subscription);
        }

        return subscription;
    }

    public void AddMigrationParticipant(IGrainMigrationParticipant participant)
    {
        // Grains of this runtime are not moved with what they have in memory; see the interface.
        ArgumentNullException.ThrowIfNull(participant);
    }

    public void RemoveMigrationParticipant(IGrainMigrationParticipant participant) => ArgumentNullException.ThrowIfNull(participant);

    public async Task OnStart(CancellationToken cancellationToken = default)
    {
        foreach (var stage in Stages())
        {
            if (cancellationToken.IsCancellationRequested)
            {
                throw new OrleansLifecycleCanceledException($"The start of {owner} was cancelled before stage {stage}.");
            }

            lock (_gate)
            {
                _highestStarted = stage;
            }

            await Task.WhenAll(Of(stage).Select(subscription => subscription.Observer.OnStart(cancellationToken)));
        }
    }

    public async Task OnStop(CancellationToken cancellationToken = default)
    {
        foreach (var stage in Stages().AsEnumerable().Reverse())
        {
            if (_highestStarted is null || stage > _highestStarted)
            {
                continue;
            }

            foreach (var subscription in Of(stage))
            {
                try
                {
                    await subscription.Observer.OnStop(cancellationToken);
                }
                catch (Exception exception)
                {
                    // The other stages must stop all the same.
                    LogStopFailed(logger, subscription.Name, stage, owner, exception);
                }
            }
        }
    }

    [LoggerMessage(EventId = 6111, Level = LogLevel.Error, Message = "'{Observer}' failed to stop at stage {Stage} of {Owner}; the other stages stop")]
    private static partial void LogStopFailed(ILogger logger, string observer, int stage, string owner, Exception exception);

    private int[] Stages()
    {
        lock (_gate)
        {
            return [.. _subscriptions.Select(subscription => subscription.Stage).Distinct().Order()];
        }
    }

    private Subscription[] Of(int stage)
    {
        lock (_gate)
        {
            return [.. _subscriptions.Where(subscription => subscription.Stage == stage)];
        }
    }

    private sealed class Subscription(LifecycleSubject subject, string name, int stage, ILifecycleObserver observer) : IDisposable
    {
        public string Name { get; } = name;

        public int Stage { get; } = stage;

        public ILifecycleObserver Observer { get; } = observer;

        public void Dispose()
        {
            lock (subject._gate)
            {
                subject._subscriptions.Remove(this);
            }
        }
    }
}
