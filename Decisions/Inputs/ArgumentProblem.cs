namespace OrleansFlow.Decisions.Inputs;

/// <summary>What is wrong with an argument of an input adapter.</summary>
/// <param name="Argument">Its name; empty for the arguments as a whole.</param>
/// <param name="Message">Names the value and the way out.</param>
public sealed record ArgumentProblem(string Argument, string Message);
