namespace OrleansFlow.Worker.Attempts;

/// <summary>Where an attempt stands on its worker.</summary>
internal enum AttemptPhase
{
    /// <summary>Taken, and no slot is free yet.</summary>
    Waiting = 0,

    /// <summary>Holds a slot.</summary>
    Running = 1,

    /// <summary>Over or given up: its slot is free, its end awaits the receipt.</summary>
    Ended = 2,
}
