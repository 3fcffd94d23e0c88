using OrleansFlow.Grains.Events;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Storage;

namespace OrleansFlow.Grains.Graphs;

/// <content>Deletes a run: first the head says so, then its rows go in bounded steps, the head last, of which a line stays. A deletion that was cut off is taken up again.</content>
internal sealed partial class GraphRunStore
{
    /// <summary>Rows of one step.</summary>
    private const int ClearMax = 256;

    /// <summary>Whether a deletion has begun: nothing of the run is to be read any more.</summary>
    public bool IsDeleting => _head.RecordExists && _head.State.Deleting;

    /// <summary>Facts that are not known as published: as stored, or to be stored with the next head.</summary>
    public List<RunFactRow> Facts { get => field ?? _head.State.Facts ?? []; set; }

    /// <summary>When the run was submitted; as stored.</summary>
    public DateTimeOffset SubmittedUtc => _head.State.SubmittedUtc;

    /// <summary>Says, durably, that the run is being deleted.</summary>
    /// <param name="lastEpoch">Highest epoch that it gave.</param>
    public async Task BeginClearAsync(long lastEpoch)
    {
        if (_head is { RecordExists: true, State: { Deleting: false, Deleted: false } })
        {
            _head.State.Deleting = true;
            _head.State.LastEpoch = Math.Max(_head.State.LastEpoch, lastEpoch);
            await _storage.WriteStateAsync(HeadName, _grain, _head);
        }
    }

    /// <summary>Deletes every row but the head, of which the last epoch is kept; fine when some, or all, are gone.</summary>
    public async Task ClearAsync()
    {
        if (!_head.RecordExists || _head.State.Deleted)
        {
            return;
        }

        var head = _head.State;
        var tasks = new RunSegments("run-tasks", head.TaskRows).Names.ToList();

        var nodes = new RunSegments("run-nodes", head.NodeRows).Names.ToList();

        // Only the rows of tasks and nodes know the names of the rows of results and items, so those go first.
        await ClearAsync<RunResultRow>(await NamesAsync<RunTasksRow>(tasks, row => row.ResultRows()));
        await ClearAsync<RunTasksRow>(tasks);
        await ClearAsync<RunItemsRow>(await NamesAsync<RunNodesRow>(nodes, row => row.Nodes.Select(node => node.ItemsRow).OfType<string>()));
        await ClearAsync<RunNodesRow>(nodes);
        await ClearAsync<RunBatchesRow>(new RunSegments("run-batches", head.BatchRows).Names);
        await ClearAsync<RunVariablesRow>(new RunSegments("run-vars", head.VariableRows).Names);
        await ClearAsync<CheckpointRow>(new RunSegments("run-checkpoint", head.CheckpointRows).Names);
        await ClearAsync<RunPlanRow>([PlanName]);
        if (head.LastEpoch > 0)
        {
            // A worker may still have something to report under one of its leases: a new run of this id must not take that for its own.
            _head.State = new GraphRunRow { Format = GraphRunRow.Segmented, Deleted = true, LastEpoch = head.LastEpoch };
            await _storage.WriteStateAsync(HeadName, _grain, _head);
            return;
        }

        await _storage.ClearStateAsync(HeadName, _grain, _head);
        (_head.State, _head.RecordExists) = (new GraphRunRow(), false);
    }

    private async Task<List<string>> NamesAsync<T>(IEnumerable<string> rows, Func<T, IEnumerable<string>> namesOf)
        where T : class, new()
    {
        var names = new List<string>();
        foreach (var window in rows.Chunk(ReadsMax))
        {
            var reads = window.Select(async name => (Name: name, State: await TryReadAsync<T>(name))).ToList();
            foreach (var read in reads)
            {
                names.AddRange(namesOf((await read).State.State));
            }
        }

        return names;
    }

    private async Task ClearAsync<T>(IEnumerable<string> names)
        where T : class, new()
    {
        foreach (var window in names.Chunk(ClearMax))
        {
            var reads = window.Select(async name => (Name: name, State: await TryReadAsync<T>(name))).ToList();
            var found = new List<(string Name, GrainState<T> State)>();
            foreach (var read in reads)
            {
                if (await read is { State.RecordExists: true } one)
                {
                    found.Add(one);
                }
            }

            if (found.Count == 0)
            {
                continue;
            }

            if (Batch is { } batch)
            {
                List<GrainStateChange> changes = [.. found.Select(one => new GrainStateChange(one.Name, typeof(T), null, one.State.ETag))];
                await batch.WriteAsync(_grainText, changes, CancellationToken.None);
            }
            else
            {
                await Task.WhenAll(found.Select(one => _storage.ClearStateAsync(one.Name, _grain, one.State)));
            }
        }
    }

    private async Task<GrainState<T>> TryReadAsync<T>(string name)
        where T : class, new()
    {
        var state = new GrainState<T>(new T());
        await _storage.ReadStateAsync(name, _grain, state);
        return state;
    }
}
