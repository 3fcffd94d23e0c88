namespace OrleansFlow.Tests.Embedded.Grains;

public interface ITimedGrain : IGrainWithStringKey
{
    /// <summary>Registers a timer of one of the kinds below; first tick and period are a second.</summary>
    Task StartAsync(string kind);

    Task HoldAsync(string gate);

    /// <summary>Waits for the gate, then lets the timer tick once more, in five seconds.</summary>
    Task HoldAndChangeAsync(string gate);

    Task ChangeDisposedAsync();

    Task<string> BadTimesAsync();

    Task EndAsync();
}

public sealed class TimedGrain : Grain, ITimedGrain
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private IGrainTimer? _timer;

    private string Key => this.GetPrimaryKeyString();

    public Task StartAsync(string kind)
    {
        switch (kind)
        {
            case "disposes itself":
                _timer = this.RegisterGrainTimer(DisposeAsync, Second, Second);
                break;
            case "changes itself":
                _timer = this.RegisterGrainTimer(ChangeAsync, Second, Second);
                break;
            case "changes itself and goes on":
                _timer = this.RegisterGrainTimer(ChangeAndWaitAsync, Second, Second);
                break;
            case "ticks once":
                _timer = this.RegisterGrainTimer(Tick, Second, Timeout.InfiniteTimeSpan);
                break;
            case "throws at once":
                _timer = this.RegisterGrainTimer(Throw, Second, Second);
                break;
            case "waits for the end":
                _timer = this.RegisterGrainTimer(WaitAsync, Second, Second);
                break;
            case "finds its state stale":
                _timer = this.RegisterGrainTimer(FailStale, Second, Second);
                break;
            case "old":
#pragma warning disable CS0618 // The obsolete form must go on working.
                RegisterTimer(NoteState, "state", Second, Second);
#pragma warning restore CS0618
                break;
            default:
                throw new ArgumentException($"There is no timer '{kind}'.", nameof(kind));
        }

        return Task.CompletedTask;
    }

    public Task HoldAsync(string gate) => Gates.WaitAsync(gate);

    public async Task HoldAndChangeAsync(string gate)
    {
        await Gates.WaitAsync(gate);
        _timer!.Change(5 * Second, Timeout.InfiniteTimeSpan);
    }

    public Task ChangeDisposedAsync()
    {
        _timer!.Dispose();
        _timer.Dispose();
        _timer.Change(TimeSpan.Zero, Second);
        return Task.CompletedTask;
    }

    public Task<string> BadTimesAsync()
    {
        var tooLong = TimeSpan.FromMilliseconds(4_294_967_295);
        List<string> refused = [];
        _timer = this.RegisterGrainTimer(() => Task.CompletedTask, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        foreach (var (dueTime, period) in new[] { (-2 * Second, Second), (Second, -2 * Second), (tooLong, Second), (Second, tooLong) })
        {
            refused.Add(Assert.Throws<ArgumentOutOfRangeException>(() => _timer.Change(dueTime, period)).ParamName!);
            refused.Add(Assert.Throws<ArgumentOutOfRangeException>(() => this.RegisterGrainTimer(() => Task.CompletedTask, dueTime, period)).ParamName!);
        }

        _timer.Change(tooLong - TimeSpan.FromMilliseconds(1), tooLong - TimeSpan.FromMilliseconds(1));
        return Task.FromResult(string.Join(',', refused));
    }

    public Task EndAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Notes.Add(Key, $"ended {reason.ReasonCode}");
        return Task.CompletedTask;
    }

    private Task DisposeAsync(CancellationToken cancellationToken)
    {
        _timer!.Dispose();
        Notes.Add(Key, cancellationToken.IsCancellationRequested ? "disposed and cancelled" : "disposed only");
        return Task.CompletedTask;
    }

    private Task ChangeAsync()
    {
        Notes.Add(Key, "tick");
        _timer!.Change(5 * Second, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    private Task ChangeAndWaitAsync()
    {
        Notes.Add(Key, "tick");
        _timer!.Change(Second, Timeout.InfiniteTimeSpan);
        return Gates.WaitAsync(Key);
    }

    private Task Tick()
    {
        Notes.Add(Key, "tick");
        return Task.CompletedTask;
    }

    private Task Throw()
    {
        Notes.Add(Key, "tick");
        throw new InvalidOperationException("as asked, before any task");
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        Notes.Add(Key, "waiting");
        var cancelled = new TaskCompletionSource();
        await using var registration = cancellationToken.Register(cancelled.SetResult);
        await cancelled.Task;
        Notes.Add(Key, "cancelled");
    }

    private Task FailStale()
    {
        Notes.Add(Key, "tick");
        throw new Orleans.Storage.InconsistentStateException("as asked");
    }

    private Task NoteState(object? state)
    {
        Notes.Add(Key, $"{state}");
        return Task.CompletedTask;
    }
}
