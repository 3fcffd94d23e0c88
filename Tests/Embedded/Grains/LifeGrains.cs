using Orleans.Concurrency;

namespace OrleansFlow.Tests.Embedded.Grains;

public interface ILifeGrain : IGrainWithStringKey
{
    Task<string> QuickAsync();

    Task HoldAsync(string gate);

    Task HoldThenDeactivateAsync(string gate);

    Task<string> WhereAsync();

    Task<Guid> ActivationAsync();

    Task<string> AskAsync(string otherKey);
}

public sealed class LifeGrain(ILocalSiloDetails silo) : Grain, ILifeGrain
{
    private readonly Guid _activation = Guid.NewGuid();

    private string Key => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Notes.Add(Key, "activating");
        if (Key.Contains("fails-once", StringComparison.Ordinal) && Notes.Count(Key) == 1)
        {
            await Task.Yield();
            throw new InvalidOperationException("cannot activate");
        }

        if (Key.Contains("slow", StringComparison.Ordinal))
        {
            await Gates.WaitAsync(Key + "/activate");
        }

        await Task.Yield();
        Notes.Add(Key, "activated");
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Notes.Add(Key, $"deactivating {reason.ReasonCode}");
        await Task.Yield();
        Notes.Add(Key, "deactivated");
    }

    public Task<string> QuickAsync() => Task.FromResult("quick");

    public async Task HoldAsync(string gate)
    {
        await Gates.WaitAsync(gate);
        Notes.Add(Key, "held");
    }

    public async Task HoldThenDeactivateAsync(string gate)
    {
        DeactivateOnIdle();
        await HoldAsync(gate);
    }

    public Task<string> WhereAsync() => Task.FromResult(silo.Name);

    public Task<Guid> ActivationAsync() => Task.FromResult(_activation);

    public Task<string> AskAsync(string otherKey) => GrainFactory.GetGrain<ILifeGrain>(otherKey).QuickAsync();
}

public interface IWorkerPoolGrain : IGrainWithIntegerKey
{
    Task<Guid> HoldAsync(string gate);
}

public interface ILastingWorkerPoolGrain : IWorkerPoolGrain;

[StatelessWorker(2)]
public sealed class WorkerPoolGrain : WorkerPoolGrainBase;

[StatelessWorker(2, removeIdleWorkers: false)]
public sealed class LastingWorkerPoolGrain : WorkerPoolGrainBase, ILastingWorkerPoolGrain;

public abstract class WorkerPoolGrainBase : Grain, IWorkerPoolGrain
{
    private readonly Guid _activation = Guid.NewGuid();

    public async Task<Guid> HoldAsync(string gate)
    {
        await Gates.WaitAsync(gate);
        return _activation;
    }
}
