using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What a subtask needs of its engine.</summary>
internal interface IEngineCore
{
    EngineEvents Events { get; }

    TimeProvider Clock { get; }

    StreamEngineLimits Limits { get; }

    /// <summary>Ends the job here, since a subtask failed. Only the first failure counts.</summary>
    void Fail(Subtask subtask, Exception exception);

    /// <summary>Ends the job here at once, which is no failure.</summary>
    void StopAtOnce();

    /// <summary>Number of the first checkpoint; those before it are used up.</summary>
    long StartEpoch { get; }

    /// <summary>Where state is kept.</summary>
    IStateBackend State { get; }

    /// <summary>Whether there are checkpoints.</summary>
    bool KeepsState { get; }
}
