namespace OrleansFlow.Tests.Embedded.Grains;

public interface IStoppingGrain : IGrainWithStringKey
{
    Task HoldAsync(string gate);

    Task EndAsync(string how);

    Task<bool> IsPocoAsync();
}

/// <summary>A grain without the base class, which writes its state when it ends.</summary>
public sealed class StoppingGrain(
    IGrainContext context, IGrainFactory grains, [PersistentState("state", "failing")] IPersistentState<Tally> state) : IGrainBase, IStoppingGrain
{
    public IGrainContext GrainContext { get; } = context;

    public async Task HoldAsync(string gate)
    {
        await Gates.WaitAsync(gate);
        await grains.GetGrain<IFailingStateGrain>(gate).WriteAsync();
    }

    public Task EndAsync(string how)
    {
        switch (how)
        {
            case "idle":
                this.DeactivateOnIdle();
                break;
            case "migrate":
                this.MigrateOnIdle();
                break;
            case "own reason":
                GrainContext.Deactivate(new DeactivationReason(DeactivationReasonCode.HighMemoryPressure, new IOException("full"), "no room"));
                break;
            case "stale":
                throw new Orleans.Storage.InconsistentStateException("as asked");
            default:
                throw new ArgumentException($"There is no such end as '{how}'.", nameof(how));
        }

        return Task.CompletedTask;
    }

    public Task<bool> IsPocoAsync() => Task.FromResult(!typeof(Grain).IsAssignableFrom(GetType()));

    public async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token)
    {
        Notes.Add(this.GetPrimaryKeyString(), $"{reason.ReasonCode} {reason.Description} {reason.Exception?.Message}".TrimEnd());
        await state.WriteStateAsync(token);
    }
}
