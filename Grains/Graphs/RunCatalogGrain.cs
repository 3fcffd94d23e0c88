using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>One shard of the run listing. The runs themselves are the truth; a line is as new as its version.</summary>
internal sealed class RunCatalogGrain(
    [PersistentState("catalog", FlowGrainStorage.Name)] IPersistentState<RunCatalogState> state) : Grain, IRunCatalogGrain
{
    /// <summary>Lines of a shard. Ended runs beyond it leave the listing, oldest first; they can still be asked for by id.</summary>
    private const int RunsMax = 1_000;

    public async Task RecordAsync(RunEntry entry, CancellationToken cancellationToken)
    {
        var line = ToLine(entry);
        var runs = state.State.Runs;
        var known = runs.FindIndex(one => one.Run == line.Run);
        if (known >= 0 && runs[known].Version >= line.Version)
        {
            return;
        }

        if (known >= 0)
        {
            runs[known] = line;
        }
        else
        {
            var place = runs.FindIndex(one => IsBefore(line, one));
            runs.Insert(place < 0 ? runs.Count : place, line);
            var surplus = runs.Count > RunsMax ? runs.FindLastIndex(one => one.EndedUtc is not null) : -1;
            if (surplus >= 0)
            {
                runs.RemoveAt(surplus);
            }
        }

        await state.WriteStateAsync(cancellationToken);
    }

    public Task<IReadOnlyList<RunEntry>> ListAsync(
        int limit, DateTimeOffset? beforeUtc, RunId beforeId, IReadOnlyList<RunStatus> statuses, CancellationToken cancellationToken)
    {
        var page = state.State.Runs
            .Where(line => statuses.Count == 0 || statuses.Contains(line.Status))
            .Where(line => beforeUtc is not { } before || line.SubmittedUtc < before
                || (line.SubmittedUtc == before && string.CompareOrdinal(line.Run, beforeId.Value) < 0))
            .Take(limit)
            .Select(ToEntry);
        return Task.FromResult<IReadOnlyList<RunEntry>>([.. page]);
    }

    /// <summary>Newest first; of one moment, the larger id first.</summary>
    private static bool IsBefore(RunLine left, RunLine right) =>
        left.SubmittedUtc != right.SubmittedUtc ? left.SubmittedUtc > right.SubmittedUtc : string.CompareOrdinal(left.Run, right.Run) > 0;

    private static RunLine ToLine(RunEntry entry) => new()
    {
        Run = entry.Run.RunId.Value,
        Graph = entry.Run.GraphName,
        Status = entry.Run.Status,
        SubmittedUtc = entry.Run.SubmittedUtc,
        StartedUtc = entry.Run.StartedUtc,
        EndedUtc = entry.Run.EndedUtc,
        FailureReason = entry.Run.Failure?.Reason,
        FailurePermanent = entry.Run.Failure?.Permanent ?? false,
        FailureMessage = entry.Run.Failure?.Message,
        CancelReason = entry.Run.CancelReason,
        Version = entry.Version,
    };

    private static RunEntry ToEntry(RunLine line) => new()
    {
        Version = line.Version,
        Run = new RunView
        {
            RunId = new RunId(line.Run),
            GraphName = line.Graph,
            Status = line.Status,
            SubmittedUtc = line.SubmittedUtc,
            StartedUtc = line.StartedUtc,
            EndedUtc = line.EndedUtc,
            Failure = line.FailureReason is { } reason ? new TaskFailure(reason, line.FailurePermanent, line.FailureMessage ?? "") : null,
            CancelReason = line.CancelReason,
        },
    };
}
