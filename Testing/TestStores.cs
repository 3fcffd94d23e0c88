using Orleans.Storage;
using OrleansFlow.Arrow;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Testing;

/// <summary>The artifact store of a test, some of whose writes fail. The clock waits for it: it may write on threads of its own.</summary>
internal sealed class TestArtifactStore(IArtifactStore inner, TestFaults faults, WorkCount work) : IArtifactStore
{
    public async ValueTask<StoredArtifact> WriteAsync(TaskId task, long epoch, int index, RecordBatch batch, CancellationToken cancellationToken)
    {
        if (faults.TakesWrite(task, index))
        {
            throw new FlowException(FlowErrorCode.StoreFull, $"The test lets the write of batch {index} of task '{task}' fail.");
        }

        work.Begin();
        try
        {
            return await inner.WriteAsync(task, epoch, index, batch, cancellationToken);
        }
        finally
        {
            work.End();
        }
    }

    public ValueTask<int> SweepAsync(TaskId task, long epoch, int acceptedCount, CancellationToken cancellationToken) =>
        inner.SweepAsync(task, epoch, acceptedCount, cancellationToken);

    public IArtifactReader OpenRead(string path) => inner.OpenRead(path);
}

/// <summary>The grain storage of a test, some of whose writes fail before they have an effect.</summary>
internal sealed class TestGrainStorage(IGrainStorage inner, TestFaults faults) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ReadStateAsync(stateName, grainId, grainState);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => faults.TakesStateWrite()
        ? Task.FromException(new FlowException(FlowErrorCode.StoreUnavailable, $"The test lets the write of '{stateName}' of {grainId} fail."))
        : inner.WriteStateAsync(stateName, grainId, grainState);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);
}
