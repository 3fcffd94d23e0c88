using System.Collections.Concurrent;

namespace OrleansFlow.Tests.Embedded.Grains;

/// <summary>What grains note for the tests, by key; outlives activations and silos.</summary>
public static class Notes
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<string>> All = new();

    public static void Add(string key, string note) => All.GetOrAdd(key, static _ => new()).Enqueue(note);

    public static string[] Of(string key) => All.TryGetValue(key, out var notes) ? [.. notes] : [];

    public static int Count(string key) => Of(key).Length;
}

public interface ITimerGrain : IGrainWithStringKey
{
    Task StartAsync(TimeSpan dueTime, TimeSpan period, bool interleave, bool keepAlive);

    Task StartHoldingAsync(TimeSpan period, string gate);

    Task StartFailingAsync(TimeSpan period);

    Task HoldAsync(string gate);

    Task StopAsync();

    Task ChangeAsync(TimeSpan dueTime, TimeSpan period);
}

public sealed class TimerGrain : Grain, ITimerGrain
{
    private IGrainTimer? _timer;

    private string Key => this.GetPrimaryKeyString();

    public Task StartAsync(TimeSpan dueTime, TimeSpan period, bool interleave, bool keepAlive)
    {
        var own = TaskScheduler.Current;
        _timer = this.RegisterGrainTimer(
            static (state, _) =>
            {
                Notes.Add(state.Key, TaskScheduler.Current == state.own ? "tick" : "wrong scheduler");
                return Task.CompletedTask;
            },
            (Key, own),
            new GrainTimerCreationOptions { DueTime = dueTime, Period = period, Interleave = interleave, KeepAlive = keepAlive });
        return Task.CompletedTask;
    }

    public Task StartHoldingAsync(TimeSpan period, string gate)
    {
        _timer = this.RegisterGrainTimer(
            async () =>
            {
                Notes.Add(Key, "begin");
                await Gates.WaitAsync(gate);
                Notes.Add(Key, "end");
            },
            period,
            period);
        return Task.CompletedTask;
    }

    public Task StartFailingAsync(TimeSpan period)
    {
        _timer = this.RegisterGrainTimer(
            async (CancellationToken cancellationToken) =>
            {
                Notes.Add(Key, "tick");
                await Task.Yield();
                throw new InvalidOperationException("as asked");
            },
            new GrainTimerCreationOptions(period, period));
        return Task.CompletedTask;
    }

    public Task HoldAsync(string gate) => Gates.WaitAsync(gate);

    public Task StopAsync()
    {
        _timer?.Dispose();
        return Task.CompletedTask;
    }

    public Task ChangeAsync(TimeSpan dueTime, TimeSpan period)
    {
        _timer!.Change(dueTime, period);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Notes.Add(Key + "/deactivated", reason.ReasonCode.ToString());
        return Task.CompletedTask;
    }
}

public interface IReminderGrain : IGrainWithStringKey
{
    Task RegisterAsync(string name, TimeSpan dueTime, TimeSpan period);

    Task<bool> UnregisterAsync(string name);

    Task<int> CountAsync();

    Task<string> FindAsync(string name);

    Task UnregisterTwiceAsync(string name);

    Task UnregisterAfterChangeAsync(string name);
}

public sealed class ReminderGrain(ILocalSiloDetails silo) : Grain, IReminderGrain, IRemindable
{
    public Task RegisterAsync(string name, TimeSpan dueTime, TimeSpan period) => this.RegisterOrUpdateReminder(name, dueTime, period);

    public async Task<bool> UnregisterAsync(string name)
    {
        if (await this.GetReminder(name) is not { } reminder)
        {
            return false;
        }

        await this.UnregisterReminder(reminder);
        return true;
    }

    public async Task<int> CountAsync() => (await this.GetReminders()).Count;

    public async Task<string> FindAsync(string name) => (await this.GetReminder(name))?.ReminderName ?? "none";

    public async Task UnregisterTwiceAsync(string name)
    {
        var reminder = await this.GetReminder(name);
        await this.UnregisterReminder(reminder!);
        await this.UnregisterReminder(reminder!);
    }

    public async Task UnregisterAfterChangeAsync(string name)
    {
        var reminder = await this.GetReminder(name);
        await this.RegisterOrUpdateReminder(name, TimeSpan.FromHours(1), TimeSpan.FromHours(1));
        await this.UnregisterReminder(reminder!);
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        Notes.Add(this.GetPrimaryKeyString(), $"{reminderName} {status.Period} {status.CurrentTickTime - status.FirstTickTime}");
        Notes.Add(this.GetPrimaryKeyString() + "/silo", silo.Name);
        return Task.CompletedTask;
    }
}

public interface IForgetfulGrain : IGrainWithStringKey
{
    Task RegisterAsync();
}

/// <summary>Registers a reminder that it could not receive.</summary>
public sealed class ForgetfulGrain : Grain, IForgetfulGrain
{
    public Task RegisterAsync() => this.RegisterOrUpdateReminder("r", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
}
