using System.Text.Json;
using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>What a worker said of itself, as it is stored: ids as text.</summary>
internal sealed record StoredHealth(
    string Id,
    DateTimeOffset At,
    WorkerState State,
    int Attempt,
    int MaxAttempts,
    long Errors,
    long Steps,
    string? Run,
    long Item,
    IReadOnlyList<string> Workflows)
{
    public static StoredHealth Of(WorkerHealth health) => new(
        health.Id.Value,
        health.LastHeartbeatUtc,
        health.State,
        health.Attempt,
        health.MaxAttempts,
        health.ErrorCount,
        health.StepCount,
        health.CurrentRun,
        health.CurrentItem,
        health.Workflows);

    public static WorkerHealth Read(byte[] json)
    {
        var stored = JsonSerializer.Deserialize<StoredHealth>(json)!;
        return new WorkerHealth
        {
            Id = new WorkerId(stored.Id),
            LastHeartbeatUtc = stored.At,
            State = stored.State,
            Attempt = stored.Attempt,
            MaxAttempts = stored.MaxAttempts,
            ErrorCount = stored.Errors,
            StepCount = stored.Steps,
            CurrentRun = stored.Run,
            CurrentItem = stored.Item,
            Workflows = stored.Workflows,
        };
    }
}
