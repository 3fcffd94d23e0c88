using System.Security.Cryptography;
using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State;

/// <summary>Whether a program can begin from the state of another one: pure functions over the program and the manifest.</summary>
public static class StateCompatibility
{
    /// <summary>SHA-256 of what a program does, whatever its parallelism, descriptions and numbers of nodes.</summary>
    /// <param name="program">The program, before or after chaining.</param>
    public static byte[] HashOf(Program program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var plain = new Program();
        var nodes = program.Nodes.ToDictionary(node => node.Id);
        foreach (var part in program.Nodes.SelectMany(node => node.Chain))
        {
            plain.Nodes.Add(new ProgramNode { Chain = { new ProgramOperator { Id = part.Id, Kind = part.Kind, Config = part.Config, OutputSchema = part.OutputSchema } } });
        }

        // Edges by the ids of operators; a chain's own edges are edges, too. Forward or shuffle without a key follows from the parallelism.
        var edges = program.Nodes.SelectMany(node => node.Chain.Zip(node.Chain.Skip(1), static (from, to) => $"{from.Id}\n{to.Id}\n\n")).ToList();
        foreach (var edge in program.Edges)
        {
            var kind = (edge.Kind is EdgeKind.LeftJoin or EdgeKind.RightJoin ? edge.Kind.ToString() : "") + (edge.IsSide ? " side" : "");
            edges.Add($"{nodes[edge.Source].Chain[^1].Id}\n{nodes[edge.Target].Chain[0].Id}\n{kind}\n{string.Join(',', edge.KeyColumns)}");
        }

        plain.Config.Add("edges", string.Join('\f', edges.Order(StringComparer.Ordinal)));
        if (program.Functions.Count > 0)
        {
            plain.Config.Add("functions", string.Join('\f', program.Functions.Select(static one => $"{one.Name}\n{Convert.ToHexString(one.ContentHash.Span)}").Order(StringComparer.Ordinal)));
        }

        var ordered = plain.Nodes.OrderBy(node => node.Chain[0].Id, StringComparer.Ordinal).ToList();
        plain.Nodes.Clear();
        plain.Nodes.Add(ordered);
        return SHA256.HashData(plain.ToByteArray());
    }

    /// <summary>A kind that names a function may end with its version, and the next version takes the state of the one before.</summary>
    private static string WithoutVersion(string kind) => kind.Split('@')[0];

    /// <summary>The operators of a checkpoint that a program begins from.</summary>
    /// <param name="program">What begins.</param>
    /// <param name="manifest">The checkpoint, of whatever program.</param>
    /// <param name="dropsUnknown">Whether state of operators that the program does not have is left behind.</param>
    /// <param name="needsCommit">Whether sinks still have to commit what the checkpoint holds; that is never left behind.</param>
    /// <returns>States whose operator is in the program, and of the same kind. Operators without a state begin from nothing.</returns>
    /// <exception cref="FlowException">State would be lost or read by an operator of another kind (<see cref="FlowErrorCode.Unsupported"/>): the message names each.</exception>
    public static IReadOnlyList<OperatorState> Choose(Program program, CheckpointManifest manifest, bool dropsUnknown, bool needsCommit)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(manifest);
        var kinds = program.Nodes.SelectMany(node => node.Chain).ToDictionary(part => part.Id, part => part.Kind, StringComparer.Ordinal);
        var (chosen, problems) = (new List<OperatorState>(), new List<string>());
        foreach (var state in manifest.Operators)
        {
            var isKnown = kinds.TryGetValue(state.OperatorId, out var kind);
            if (isKnown && (state.Kind.Length == 0 || WithoutVersion(state.Kind) == WithoutVersion(kind!)))
            {
                chosen.Add(state);
                continue;
            }

            var isOpen = needsCommit && state.Commits.Count > 0;
            if (isOpen || (!dropsUnknown && state.Tables.Any(table => table.Files.Any(file => file.Rows > 0))))
            {
                var what = isKnown ? $"is of kind '{kind}' in the program and '{state.Kind}' in the checkpoint" : $"of kind '{state.Kind}' has state and is not in the program";
                problems.Add($"'{state.OperatorId}' {what}{(isOpen ? ", and has rows to commit: let the old program do that first" : "")}");
            }
        }

        return problems.Count == 0
            ? chosen
            : throw new FlowException(
                FlowErrorCode.Unsupported, $"The program cannot begin from checkpoint '{CheckpointStore.NameOf(manifest)}': {string.Join("; ", problems)}. Keep the operators' names, or let their state be dropped.");
    }
}
