using System.Diagnostics.CodeAnalysis;
using OrleansFlow.Workers;

namespace OrleansFlow.Inputs;

/// <summary>Where the input of a node comes from, by name. One instance, made from services, serves one attempt.</summary>
/// <remarks>
/// Registered with <c>AddInputAdapter&lt;T&gt;("name", arguments)</c>. An attempt can be repeated on another worker: the same arguments and the
/// same source must give the same batches, with the same uids, in the same order. A batch with <see cref="InputBatch.Position"/> lets a later
/// attempt begin after it.
/// </remarks>
public abstract class InputAdapter
{
    /// <summary>The batches of a call; begun once.</summary>
    /// <param name="call">The arguments, which agree with the adapter's schema, and the attempt.</param>
    /// <param name="cancellationToken">Fires when the attempt must stop.</param>
    [SuppressMessage("Naming", "CA1716", Justification = "A keyword of Visual Basic only; no other word says as well what it is.")]
    public abstract IAsyncEnumerable<InputBatch> ReadAsync(AdapterCall call, CancellationToken cancellationToken);
}
