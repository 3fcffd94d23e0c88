using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Inputs;

/// <summary>The input adapter of a compiled node.</summary>
/// <param name="Adapter">Its name; an alias has become the name that it stands for.</param>
/// <param name="ArgsJson">Its arguments as one canonical text; empty for none.</param>
public sealed record InputPlan(string Adapter, string ArgsJson)
{
    internal static InputPlan? Of(NodeInputDefinition? input) => input is null
        ? null
        : new InputPlan(BuiltInAdapters.Find(input.Adapter)?.Name ?? input.Adapter, CanonicalJson.Overlay(null, input.Args) ?? "");
}
