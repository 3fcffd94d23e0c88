using Orleans.Embedded;

namespace Orleans.Runtime;

/// <summary>The silo, as grain services get it in their constructors.</summary>
public sealed class Silo
{
    internal Silo(SiloRuntime runtime) => Runtime = runtime;

    /// <summary>The address of the silo.</summary>
    public SiloAddress SiloAddress => Runtime.SiloAddress;

    internal SiloRuntime Runtime { get; }

    /// <inheritdoc/>
    public override string ToString() => $"Silo: {SiloAddress}";
}
