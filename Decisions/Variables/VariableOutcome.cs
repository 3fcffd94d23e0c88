using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Variables;

/// <summary>What became of one operation on a run's variables.</summary>
/// <param name="Variables">The variables after it; as before when it was refused.</param>
/// <param name="Keys">The paths it touched, ordered; never their values.</param>
/// <param name="SensitiveHits">How many of the values look like secrets.</param>
/// <param name="Refused">Why nothing was changed, with the way out; null when it was accepted.</param>
public sealed record VariableOutcome(RunVariables Variables, ImmutableArray<string> Keys, int SensitiveHits, string? Refused)
{
    /// <summary>How many paths it touched.</summary>
    public int Touched => Keys.Length;
}
