namespace OrleansFlow.Workers;

/// <summary>What a failure means to the retry policy.</summary>
/// <param name="Reason">Stable text, for example <c>bad_input</c>; the policy's <c>permanent_on</c> is compared with it.</param>
/// <param name="Permanent">True when a retry cannot help.</param>
public readonly record struct ErrorClass(string Reason, bool Permanent);
