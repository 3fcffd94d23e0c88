using System.Globalization;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>The links of a run that continues as new: each begins with a commit of the log, before which the run is kept as it was then.</content>
internal sealed partial class WorkflowRunStore
{
    /// <summary>Links whose logs are kept: the newest one and those right before it. A run without an end must not have a log without one.</summary>
    public const int LinksKept = 3;

    /// <summary>The first commits of the links of which something is stored, the oldest first; those before <see cref="First"/> are to be deleted.</summary>
    private List<long> _links = [0];

    /// <summary>Whether something is stored that nobody reads any more.</summary>
    public bool HasOldLinks => _links[0] < First;

    /// <summary>The run before the first commit that is kept; null when that is the run's first one, or when <paramref name="first"/> is not kept any more.</summary>
    /// <param name="first">Number of the commit, as <see cref="ReadLogAsync"/> gave it.</param>
    /// <param name="definition">Finds a definition by name and version.</param>
    public async Task<WorkflowRunState?> ReadBeforeAsync(long first, Func<string, int, ValueTask<CompiledWorkflow>> definition)
    {
        if (first == 0)
        {
            return null;
        }

        var row = new GrainState<WorkflowSnapshotRow>(new WorkflowSnapshotRow());
        await _storage.ReadStateAsync(LinkOf(first), _grain, row);
        if (!row.RecordExists)
        {
            return null;
        }

        var compiled = await definition(row.State.Workflow, row.State.Version);
        return StoredState.Convert(_grainText, LinkOf(first), () => WorkflowRunJson.ReadSnapshot(row.State.Run.Utf8.Span, compiled));
    }

    /// <summary>Deletes the links that are too old. What a crash leaves is deleted later: which there are stands in the snapshot.</summary>
    public async Task TrimAsync()
    {
        while (HasOldLinks)
        {
            var link = _links[0];
            await ClearCommitsAsync(Math.Max(1, link), _links[1]);
            await ClearLinkAsync(link);
            _links = [.. _links.Where(other => other != link)];
        }
    }

    private static long FirstOf(List<long> links) => links[Math.Max(0, links.Count - LinksKept)];

    /// <summary>After the log's rows in the order of names, which are read in ranges.</summary>
    private static string LinkOf(long number) => string.Create(CultureInfo.InvariantCulture, $"wf-old-{number:D10}");

    /// <summary>Where rows are written one by one: without it the log begins where it did.</summary>
    private async Task<bool> TryWriteAsync(WorkflowSnapshotRow? link, string name)
    {
        if (link is null)
        {
            return true;
        }

        try
        {
            await _storage.WriteStateAsync(name, _grain, new GrainState<WorkflowSnapshotRow>(link));
            return true;
        }
        catch (Exception)
        {
            // The commit stands without it; the next one tries again.
            return false;
        }
    }

    private async Task ClearCommitsAsync(long from, long to)
    {
        for (var number = from; number < to; number += ReadsMax)
        {
            await ClearAsync(number, Math.Min(number + ReadsMax, to));
        }
    }

    private async Task ClearLinkAsync(long link)
    {
        var row = new GrainState<WorkflowSnapshotRow>(new WorkflowSnapshotRow());
        await _storage.ReadStateAsync(LinkOf(link), _grain, row);
        if (row.RecordExists)
        {
            await _storage.ClearStateAsync(LinkOf(link), _grain, row);
        }
    }
}
