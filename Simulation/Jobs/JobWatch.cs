using Google.Protobuf;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Fencing;

namespace OrleansFlow.Simulation.Jobs;

/// <summary>
/// What sinks have committed and what the store holds, and what must be true of both: no row is missing between two that were committed, none is there twice, no
/// epoch is committed with what its checkpoint does not hold, and a checkpoint that counts has all of its files.
/// </summary>
internal sealed class JobWatch(SimulatedWorld world, SimulatedObjects objects)
{
    private readonly Dictionary<(string Job, string Sink, int Partition), long> _committed = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Job, long Epoch), HashSet<(string Sink, ByteString Data)>> _commits = [];
    private readonly Dictionary<string, (long Epoch, HashSet<string> Files)> _newest = new(StringComparer.Ordinal);

    /// <summary>Rows of a partition that are committed; they are those from 0 on.</summary>
    public long CommittedOf(string job, string sink, int partition) => _committed.GetValueOrDefault((job, sink, partition));

    /// <summary>A sink makes what it staged visible.</summary>
    public void OnCommit(string job, long epoch, SubtaskCommit commit)
    {
        if (!_commits.TryGetValue((job, epoch), out var known) || !known.Contains((commit.OperatorId, commit.Data)))
        {
            world.Watch.Violate($"one content: epoch {epoch} of {job} is committed with '{commit.Data.ToStringUtf8()}' by {commit.OperatorId}, and {(known is null ? "does not count" : "counts without it")}");
        }

        foreach (var staged in StagedRows.Read(commit.Data.Span))
        {
            if (!_names.Add($"{job}/{commit.OperatorId}/{staged.Name}"))
            {
                continue;
            }

            var place = (job, commit.OperatorId, staged.Partition);
            var committed = _committed.GetValueOrDefault(place);
            if (staged.From != committed)
            {
                world.Watch.Violate($"{(staged.From > committed ? "no gap" : "no duplicate")}: {commit.OperatorId} of {job} commits rows {staged.From} to {staged.Before} of partition {staged.Partition}, and has {committed}");
            }

            _committed[place] = staged.Before;
            world.History.Add($"{job}: {commit.OperatorId} has committed {staged.Before} rows of partition {staged.Partition} with epoch {epoch}");
        }
    }

    /// <summary>An object was made, or is gone.</summary>
    public void OnObject(string name, byte[]? content)
    {
        var job = name[..name.IndexOf('/', StringComparison.Ordinal)];
        var inJob = name[(job.Length + 1)..];
        if (content is null)
        {
            if (_newest.TryGetValue(job, out var newest) && newest.Files.Contains(inJob))
            {
                world.Watch.Violate($"no file is missing: {name} is deleted, and checkpoint {newest.Epoch} needs it");
            }
        }
        else if (CheckpointLayout.TryParseRecord(inJob, out var epoch) && EpochRecord.Parse(name, content) is { IsVoid: false } record && epoch > _newest.GetValueOrDefault(job).Epoch)
        {
            OnCounts(job, record);
        }
    }

    private void OnCounts(string job, EpochRecord record)
    {
        if (objects.Peek($"{job}/{record.Manifest}") is not { } bytes)
        {
            world.Watch.Violate($"no file is missing: checkpoint {record.Epoch} of {job} counts without its manifest");
            return;
        }

        var manifest = CheckpointManifest.Parser.ParseFrom(bytes);
        var files = manifest.Operators.SelectMany(one => one.Tables).SelectMany(table => table.Files)
            .Where(file => file.Rows > 0).Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var file in files.Where(file => objects.Peek($"{job}/{file}") is null))
        {
            world.Watch.Violate($"no file is missing: checkpoint {record.Epoch} of {job} counts and names {file}, which is not there");
        }

        files.Add(record.Manifest);
        _commits[(job, record.Epoch)] = [.. manifest.Operators.SelectMany(one => one.Commits).Select(commit => (commit.OperatorId, commit.Data))];
        _newest[job] = (record.Epoch, files);
        world.History.Add($"{job}: checkpoint {record.Epoch} of generation {record.Generation} counts, with {files.Count - 1} files");
    }
}
