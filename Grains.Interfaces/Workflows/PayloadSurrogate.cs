using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <summary>How a <see cref="Payload"/> crosses a grain boundary: as its JSON text; null for none.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.PayloadSurrogate")]
public readonly record struct PayloadSurrogate([property: Id(0)] string? Json);

/// <summary>Converts <see cref="Payload"/>.</summary>
[RegisterConverter]
public sealed class PayloadConverter : IConverter<Payload, PayloadSurrogate>
{
    /// <inheritdoc/>
    public Payload ConvertFromSurrogate(in PayloadSurrogate surrogate) => surrogate.Json is null ? default : Payload.FromJson(surrogate.Json);

    /// <inheritdoc/>
    public PayloadSurrogate ConvertToSurrogate(in Payload value) => new(value.IsDefault ? null : value.ToString());
}
