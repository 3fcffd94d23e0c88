using Orleans.Storage;
using OrleansFlow.Simulation.Invariants;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Tests.Simulation.Mutations;

/// <summary>A store that says "written" before it is.</summary>
internal sealed class EarlyAcknowledgement : Mutation
{
    public override IGrainStorage Storage(IGrainStorage storage, SimulatedProcess process) => new Hasty(storage, process);

    private sealed class Hasty(IGrainStorage inner, SimulatedProcess process) : IGrainStorage
    {
        private readonly Dictionary<(string State, GrainId Grain), object> _written = [];

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ReadStateAsync(stateName, grainId, grainState);

        public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (!stateName.StartsWith("log-", StringComparison.Ordinal))
            {
                await inner.WriteStateAsync(stateName, grainId, grainState);
                return;
            }

            // Its own copy has the true etags; the grain gets none that matters.
            var known = _written.GetValueOrDefault((stateName, grainId));
            var (row, before) = known is (GrainState<T> state, Task write) ? (state, write) : (new GrainState<T>(default!, grainState.ETag), Task.CompletedTask);
            var value = grainState.State;
            _written[(stateName, grainId)] = (row, process.RunAsync(async () =>
            {
                await before;
                row.State = value;
                await inner.WriteStateAsync(stateName, grainId, row);
            }));
            grainState.RecordExists = true;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);
    }
}
