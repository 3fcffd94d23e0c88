namespace OrleansFlow.Errors;

/// <summary>Whether doing the same again can help.</summary>
public enum RetryAdvice
{
    /// <summary>The same call will fail again.</summary>
    Never = 0,

    /// <summary>Waiting and trying again can help.</summary>
    Later = 1,
}
