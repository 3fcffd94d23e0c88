using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>Puts together what all subtasks have stored in a checkpoint.</summary>
internal static class ManifestBuilder
{
    /// <summary>Makes the manifest.</summary>
    /// <returns>The manifest, or why there can be none.</returns>
    public static (CheckpointManifest? Manifest, string Fault) Build(CheckpointRun run, CheckpointBook book, CheckpointContext context, DateTimeOffset nowUtc)
    {
        var manifest = new CheckpointManifest
        {
            JobId = context.JobId,
            Generation = context.Generation,
            Epoch = run.Epoch,
            MinEpoch = book.MinEpoch,
            Started = Timestamp.FromDateTimeOffset(run.StartedUtc),
            Finished = Timestamp.FromDateTimeOffset(nowUtc),
            Parent = book.Latest?.Manifest ?? "",
            ProgramHash = context.Plan.ProgramHash,
        };
        foreach (var node in context.Plan.Nodes)
        {
            foreach (var id in node.Operators)
            {
                var parts = Enumerable.Range(0, node.Parallelism).Select(index => run.Gathered[new OperatorSubtask(id, index)]).ToImmutableArray();
                var (state, fault) = Operator(id, parts);
                if (fault.Length > 0)
                {
                    return (null, fault);
                }

                manifest.Operators.Add(state);
                manifest.NeedsCommit |= state.Commits.Count > 0;
            }
        }

        return (manifest, "");
    }

    private static (OperatorState State, string Fault) Operator(string id, ImmutableArray<StoredSubtask> parts)
    {
        var state = new OperatorState { OperatorId = id, Parallelism = (uint)parts.Length };

        // A watermark of the operator exists only where every subtask has one.
        if (parts.All(part => part.State.HasWatermarkMicros))
        {
            (state.MinWatermarkMicros, state.MaxWatermarkMicros) = (parts.Min(part => part.State.WatermarkMicros), parts.Max(part => part.State.WatermarkMicros));
            if (state.MinWatermarkMicros != state.MaxWatermarkMicros)
            {
                state.WatermarksMicros.Add(parts.Select(part => part.State.WatermarkMicros));
            }
        }

        var tables = new Dictionary<string, (TableState Table, HashSet<string> Paths)>(StringComparer.Ordinal);
        for (var index = 0; index < parts.Length; index++)
        {
            foreach (var table in parts[index].State.Tables)
            {
                if (!tables.TryGetValue(table.Name, out var merged))
                {
                    merged = (new TableState { Name = table.Name, Kind = table.Kind, Version = table.Version }, new HashSet<string>(StringComparer.Ordinal));
                    tables.Add(table.Name, merged);
                    state.Tables.Add(merged.Table);
                }

                if (merged.Table.Kind != table.Kind || merged.Table.Version != table.Version)
                {
                    return (state, $"Subtask {index} of operator '{id}' stored table '{table.Name}' as {table.Kind} of version {table.Version}, another one as {merged.Table.Kind} of version {merged.Table.Version}.");
                }

                // After a rescale several subtasks read, and name, the same file.
                merged.Table.Files.AddRange(table.Files.Where(file => merged.Paths.Add(file.Path)));
            }

            if (parts[index].NeedsCommit)
            {
                state.Commits.Add(new SubtaskCommit { OperatorId = id, SubtaskIndex = (uint)index, Data = parts[index].State.CommitData });
            }
        }

        return (state, "");
    }
}
