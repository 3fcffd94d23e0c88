using OrleansFlow.Arrow;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Sql.Planning;

namespace OrleansFlow.Worker.Queries;

/// <summary>Makes the rows of a user's own plan node out of its name and bytes. Codecs are tried in the order in which they were added.</summary>
public interface IPlanCodec
{
    /// <summary>Name by which a worker says that it has the codec.</summary>
    string Name { get; }

    /// <summary>Decodes a node.</summary>
    /// <param name="node">Name of the node's codec, as the plan says.</param>
    /// <param name="body">The node; what it means is the codec's affair.</param>
    /// <param name="context">The session that will read it, and what came with the plan.</param>
    /// <param name="cancellationToken">Fires when the task is cancelled.</param>
    /// <returns>The node's rows; null when the node is none of this codec's.</returns>
    ValueTask<PlanNodeRows?> TryDecodeAsync(string node, ReadOnlyMemory<byte> body, WorkerQueryContext context, CancellationToken cancellationToken);

    /// <summary>Encodes a part of a node that a query's text calls (<see cref="QueryExtensions.WithNode"/>); in the silo, once for each task that reads rows of it.</summary>
    /// <param name="node">The call, and which part.</param>
    /// <returns>What <see cref="TryDecodeAsync"/> gets; null when the node is none of this codec's. Default: null.</returns>
    ReadOnlyMemory<byte>? TryEncode(PlanNodeCall node) => null;
}

/// <summary>A part of a node that a query's text calls.</summary>
/// <param name="Name">Name of the node's function, which the plan carries as the name of the node.</param>
/// <param name="Arguments">The arguments.</param>
/// <param name="Part">Which part, from 0.</param>
/// <param name="PartCount">Parts that the rows are made in, at most <see cref="CallShape.PartCountMax"/>: together they have each row once.</param>
public sealed record PlanNodeCall(string Name, TableArguments Arguments, int Part, int PartCount);

/// <summary>The rows of a node.</summary>
/// <param name="Schema">Columns of all batches, at least one.</param>
/// <param name="Open">Starts to read; called once per scan. The engine disposes each batch that it takes.</param>
public sealed record PlanNodeRows(ArrowSchema Schema, Func<CancellationToken, IAsyncEnumerable<RecordBatch>> Open);
