using System.Text.Json;
using OrleansFlow.Decisions.Variables;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>A function that a node runs in the control plane, in the same step that opens it. Pure.</summary>
/// <param name="Name">As the document writes it.</param>
/// <param name="Check">Why arguments cannot be right, given which node ids there are; null when they can.</param>
/// <param name="Run">What comes of it.</param>
internal sealed record CoordinatorFunction(
    string Name, Func<JsonElement?, Func<string, bool>, string?> Check, Func<FunctionCall, FunctionOutcome> Run);

/// <summary>One call of a function.</summary>
/// <param name="State">The run.</param>
/// <param name="Node">Position of the node that calls it.</param>
/// <param name="Args">Its arguments; an object, or undefined for none.</param>
/// <param name="Rules">The rules for variables.</param>
/// <param name="NowUtc">The time.</param>
internal sealed record FunctionCall(GraphRunState State, int Node, JsonElement Args, VariableRules Rules, DateTimeOffset NowUtc);

/// <summary>What came of a call.</summary>
/// <param name="Variables">The change of the variables; null for none.</param>
/// <param name="ResultJson">The node's result; null for none.</param>
/// <param name="Refused">Why it failed, for good; null when it did not.</param>
internal sealed record FunctionOutcome(VariableOutcome? Variables, string? ResultJson, string? Refused)
{
    public static FunctionOutcome Of(VariableOutcome outcome) => new(outcome, $$"""{"touched":{{outcome.Touched}}}""", outcome.Refused);
}
