using OrleansFlow.Grains.Commits;

namespace OrleansFlow.Grains.Graphs;

/// <content>How rows are read.</content>
internal sealed partial class GraphRunStore
{
    private async Task<SortedDictionary<int, T>> ReadAsync<T>(RunSegments segments)
        where T : class, new()
    {
        var rows = new SortedDictionary<int, T>();
        foreach (var window in segments.Stored.Chunk(ReadsMax))
        {
            var reads = window.Select(number => ReadAsync<T>(segments.NameOf(number)!)).ToList();
            for (var index = 0; index < window.Length; index++)
            {
                rows.Add(window[index], await reads[index]);
            }
        }

        return rows;
    }

    private async Task<T> ReadAsync<T>(string name)
        where T : class, new()
    {
        var state = new GrainState<T>(new T());
        await _storage.ReadStateAsync(name, _grain, state);
        _etags[name] = state.ETag;
        return state.RecordExists
            ? state.State
            : StoredState.Convert<T>(_grainText, HeadName, () => throw new InvalidOperationException($"its row '{name}' is missing"));
    }

    /// <summary>Puts the items of scattered nodes back to them.</summary>
    private async Task ReadItemsAsync(SortedDictionary<int, RunNodesRow> segments)
    {
        foreach (var (segment, row) in segments)
        {
            for (var index = 0; index < row.Nodes.Count; index++)
            {
                if (row.Nodes[index].ItemsRow is { } name)
                {
                    _itemRows[(segment * RunNodesRow.Size) + index] = name;
                    row.Nodes[index].Items = (await ReadAsync<RunItemsRow>(name)).Items;
                }
            }
        }
    }

    /// <summary>Puts the results that have rows of their own back to their tasks.</summary>
    private async Task ReadResultsAsync(SortedDictionary<int, RunTasksRow> segments)
    {
        var moved =
            from segment in segments
            from index in Enumerable.Range(0, segment.Value.Tasks.Count)
            let task = segment.Value.Tasks[index]
            where task?.ResultRow is not null
            select (Number: (segment.Key * RunTasksRow.Size) + index, Task: task);
        foreach (var window in moved.Chunk(ReadsMax))
        {
            var reads = window.Select(one => ReadAsync<RunResultRow>(one.Task.ResultRow!)).ToList();
            for (var index = 0; index < window.Length; index++)
            {
                _resultRows[window[index].Number] = window[index].Task.ResultRow!;
                window[index].Task.ResultJson = (await reads[index]).ResultJson;
            }
        }
    }
}
