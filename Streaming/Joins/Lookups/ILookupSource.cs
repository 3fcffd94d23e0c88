using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Joins.Lookups;

/// <summary>
/// Finds rows of another system by their keys: one instance a subtask. The operator behind it asks for each key once a batch, keeps answers, retries and gives up; a source only asks.
/// </summary>
public interface ILookupSource : IAsyncDisposable
{
    /// <summary>Connects, or gets ready to. Called once, before anything else.</summary>
    /// <exception cref="Errors.FlowException">It cannot work: an option is wrong, a table is missing. The job fails.</exception>
    ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken);

    /// <summary>Finds the rows of some keys. Several calls may be under way at once, as many as <c>lookup.in_flight</c> says.</summary>
    /// <param name="keys">
    /// At least one key, each once and without nulls; the columns are <see cref="LookupDefinition.Keys"/>. They stay the caller's, and are there until the task has ended.
    /// </param>
    /// <param name="cancellationToken">The job ends, or the time is up.</param>
    /// <exception cref="Errors.FlowException">
    /// It failed. It is tried again where the code says that later may be better, as <see cref="Errors.FlowErrorCode.StoreUnavailable"/> does; others end the job.
    /// </exception>
    Task<LookupAnswer> LookupAsync(RecordBatch keys, CancellationToken cancellationToken);
}

/// <summary>What a lookup is made from.</summary>
/// <param name="Id">The operator's id in the program.</param>
/// <param name="Config">What the lookup is told: the message that its connector gave.</param>
/// <param name="Keys">The columns of the key, by the names that the table has for them.</param>
/// <param name="Columns">The columns of the table that are wanted, those of the key among them. All may hold nulls.</param>
public sealed record LookupDefinition(string Id, ReadOnlyMemory<byte> Config, ArrowSchema Keys, ArrowSchema Columns);

/// <summary>Rows that were found. A key without one has none here.</summary>
/// <param name="Rows">The columns are <see cref="LookupDefinition.Columns"/>, by their types and places. The receiver owns it.</param>
/// <param name="KeyRows">For each row the row of the keys that it answers; no key twice.</param>
public sealed record LookupAnswer(RecordBatch Rows, IReadOnlyList<int> KeyRows);
