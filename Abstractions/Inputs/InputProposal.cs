using System.Text.Json;

namespace OrleansFlow.Inputs;

/// <summary>An input adapter that a handler would like to use. The graph's own choice wins over it.</summary>
/// <param name="Adapter">Name of the adapter. One that the worker does not know is ignored.</param>
/// <param name="Arguments">Its arguments: an object, or undefined for none.</param>
public sealed record InputProposal(string Adapter, JsonElement Arguments = default);
